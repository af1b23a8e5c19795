from streaming.kafka_source import java_options


def test_a_login_becomes_a_jaas_line_with_its_quotes_escaped() -> None:
    options = java_options({"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "g", "sasl.password": 'a"b\\c'})
    assert options["sasl.mechanism"] == "SCRAM-SHA-512"
    assert options["sasl.jaas.config"] == (
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="g" password="a\\"b\\\\c";'
    )


def test_nothing_to_say_says_nothing() -> None:
    assert java_options({"linger.ms": "5"}) == {}
