"""The languages made posts are written in: ordinary words for the head, syllables for the endless tail."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """One language of the made platform.

    Attributes
    ----------
    share : float
        Share of all posts, over a day.
    utc_offset_hours : int
        Where most of its speakers live; its daily rhythm follows their clock.
    separator : str
        What stands between words; empty for scripts without spaces.
    onsets, nuclei : str
        A syllable is one of each, so that a string of syllables can be read in one way only.
    """

    code: str
    share: float
    utc_offset_hours: int
    separator: str
    original_sound: str
    words: tuple[str, ...]
    hashtags: tuple[str, ...]
    onsets: str
    nuclei: str


def _language(
    code: str, share: float, offset: int, sound: str, words: str, hashtags: str, letters: str, separator: str = " "
) -> Language:
    onsets, _, nuclei = letters.partition(" ")
    return Language(
        code, share, offset, separator, sound, tuple(words.split()), tuple(hashtags.split()), onsets, nuclei
    )


LANGUAGES: tuple[Language, ...] = (
    _language(
        "en", 0.36, -6, "original sound",
        "the to you and my this is me of when for in it so that with i do on but was like be your just "
        "not are at "
        "have if he she we all what they new day love good one time part how out get can video people "
        "home dance life "
        "music friends please want today best dog cat school baby think never funny happy food night "
        "game girl boy "
        "work watch hair room mom dad car summer morning coffee song heart real house money water light "
        "phone book",
        "dance funny comedy love music cute dog cat food art school memes family friends pov storytime "
        "makeup fitness "
        "gaming football basketball travel sunset cooking recipe baking garden diy fashion outfit hair "
        "workout science "
        "math history horror reading books anime cosplay drawing painting cars trucks farm beach summer "
        "birthday "
        "wedding teacher nurse college morning coffee sister brother twins singing guitar piano skate "
        "prank magic",
        "bcdfghjklmnprstvwyz aeiou",
    ),
    _language(
        "es", 0.17, -5, "sonido original",
        "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o "
        "este sí porque "
        "esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos mi te amor vida "
        "casa día baile "
        "amigos familia música perro gato escuela comida feliz noche mañana siempre nunca mejor gracias "
        "corazón hermana",
        "humor amor risa baile comedia vida perro gato comida familia amigos música escuela fútbol "
        "maquillaje receta "
        "cocina viaje playa cumpleaños bromas mamá papá hermana novio arte dibujo historia moda belleza verano",
        "bcdfghjlmnñprstvyz aeiouáíó",
    ),
    _language(
        "pt", 0.13, -3, "som original",
        "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das "
        "tem à seu sua ou "
        "ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo "
        "amor vida casa "
        "dia dança amigos família música cachorro gato escola comida feliz noite sempre nunca melhor "
        "obrigado coração",
        "humor amor dança comédia vida cachorro gato comida família amigos música escola futebol "
        "maquiagem receita "
        "viagem praia aniversário mãe pai irmã arte desenho história moda beleza verão carnaval risadas",
        "bcdfghjlmnprstvxzç aeiouãêô",
    ),
    _language(
        "id", 0.08, 7, "suara asli",
        "yang dan di ini itu dengan untuk tidak dari aku kamu ada saya bisa akan mau kita kalau lagi "
        "sudah jangan banget "
        "sama orang hari rumah cinta teman lucu makan pagi malam terima kasih semua kucing anak ibu "
        "bapak sekolah",
        "lucu cinta kucing masak makanan sekolah joget sahabat keluarga liburan pantai resep cerita "
        "musik motor",
        "bcdghjklmnprstwy aeiou",
    ),
    _language(
        "th", 0.05, 7, "เสียงต้นฉบับ",
        "และ ที่ ไม่ มา ไป ได้ ให้ ว่า เป็น มี ของ ทำ น้ำ เรา รัก กิน วันนี้ สวย น่ารัก แมว หมา บ้าน "
        "เพื่อน เพลง เต้น ตลก อร่อย สนุก มาก จัง",
        "ตลก แมว หมา น่ารัก อาหาร เต้น เพลง ความรัก เที่ยว ทำอาหาร เพื่อน โรงเรียน น้ำตก ทะเล",
        "กขคงจชซดตถทนบปพฟมยรลวสหอ าิีุู",
        "",
    ),
    _language(
        "ja", 0.06, 9, "オリジナル楽曲",
        "の に は を た が で て と し れ さ ある いる も する から な こと として い や など なっ ない "
        "この ため その あっ よう 今日 明日 "
        "好き 可愛い 猫 犬 学校 友達 音楽 踊ってみた 美味しい 楽しい ありがとう 夏 海 朝 夜 家族 笑",
        "猫 犬 可愛い 踊ってみた 弾いてみた 料理 弁当 旅行 海 夏 学生 部活 友達 家族 面白い 音楽 写真 桜",
        "あかさたなはまやらわがざだばぱ いうえおきくけこしすせそつてとぬね",
        "",
    ),
    _language(
        "ar", 0.05, 3, "الصوت الأصلي",
        "في من على إلى هذا هذه أن ما لا كل مع عن يا أنا أنت هو هي كان قال يوم حب قلب بيت صباح مساء صديق "
        "جميل ضحك قطة موسيقى أكل "
        "مدرسة عائلة شكرا حياة ليلة دائما",
        "ضحك حب قطة رقص موسيقى طبخ سفر عائلة مدرسة جمال بحر صيف تحدي قصص",
        "بتثجحخدذرزسشصضطعغفقكلمنه اوي",
    ),
    _language(
        "ru", 0.04, 3, "оригинальный звук",
        "и в не на я что он с как это а по но они мы она так его к от за из у то все бы когда уже для "
        "вот ты мне был очень "
        "день любовь дом друзья музыка кошка собака школа еда смешно ночь утро всегда жизнь спасибо лето",
        "юмор смешно любовь танцы кошка собака еда школа музыка друзья семья лето море рецепт игры",
        "бвгджзклмнпрстфхцчш аеиоуыэюя",
    ),
    _language(
        "ko", 0.03, 9, "오리지널 사운드",
        "이 그 저 나 너 우리 오늘 내일 정말 너무 진짜 좋아 사랑 친구 고양이 강아지 학교 음악 춤 맛있는 "
        "귀여운 여름 바다 아침 밤 집 가족 감사",
        "일상 고양이 강아지 춤 노래 먹방 요리 여행 친구 학교 여름 바다 추천 운동",
        "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허 "
        "고노도로모보소오조초코토포호구누두루무부수우주추쿠투푸후",
    ),
    _language(
        "de", 0.03, 1, "Originalton",
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an "
        "werden aus er hat dass "
        "sie nach wird bei einer um am sind noch wie einem über heute liebe leben haus freunde musik "
        "hund katze schule",
        "lustig liebe hund katze essen schule tanzen freunde familie musik urlaub fußball rezept sommer garten",
        "bdfghklmnprstwz aeiouäöü",
    ),
)  # fmt: skip

GLOBAL_HASHTAGS = (
    "fyp", "foryou", "foryoupage", "viral", "trending", "duet", "fypシ", "xyzbca", "challenge", "trend", "explore",
    "4u",
)  # fmt: skip

EMOJI = (
    "😂", "❤️", "😭", "🔥", "😍", "🥺", "✨", "🤣", "💕", "👀", "🙏", "😎", "🎶", "🐶", "🐱",
    "🌸", "🌊", "💀", "👏🏽", "👍🏻", "🏳️\u200d🌈", "👨\u200d👩\u200d👧", "🇧🇷", "🇹🇭", "🎉", "☀️", "🍜", "⚽", "🤷\u200d♀️",
)  # fmt: skip
