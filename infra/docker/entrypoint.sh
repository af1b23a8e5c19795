#!/bin/bash
# Runs the command given; `executor` alone is what Spark on Kubernetes calls this image with for its executors.
set -euo pipefail

if [ "${1:-}" != executor ]; then
    exec "$@"
fi

# SPARK_JAVA_OPT_0, SPARK_JAVA_OPT_1, ...: an option may hold spaces, so each is a variable of its own.
options=()
for ((number = 0; ; number++)); do
    name="SPARK_JAVA_OPT_${number}"
    [ -n "${!name+set}" ] || break
    options+=("${!name}")
done
jars=$(python -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent / "jars")')

# Not where the image keeps the project: Python looks into the current folder first, and is to find what the driver sent.
cd "${HOME}"
exec java "${options[@]}" "-Xms${SPARK_EXECUTOR_MEMORY}" "-Xmx${SPARK_EXECUTOR_MEMORY}" \
    -cp "${SPARK_CLASSPATH:+${SPARK_CLASSPATH}:}${jars}/*" \
    org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
    --driver-url "${SPARK_DRIVER_URL}" \
    --executor-id "${SPARK_EXECUTOR_ID}" \
    --cores "${SPARK_EXECUTOR_CORES}" \
    --app-id "${SPARK_APPLICATION_ID}" \
    --hostname "${SPARK_EXECUTOR_POD_IP}" \
    --resourceProfileId "${SPARK_RESOURCE_PROFILE_ID}" \
    --podName "${SPARK_EXECUTOR_POD_NAME}"
