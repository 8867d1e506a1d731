"""HTML: every paragraph of reporting, what the page says about itself, the right charset, and no network."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from corpus.readers.html import read_html
from tests.corpus.reading import read_all, read_one, refusal, skipped_words

ROOT = Path(__file__).parents[2]
PARAGRAPHS = (
    "The council approved the bridge on Monday after a debate that lasted until midnight.",
    "It will cost four million euros.",
    "“We have waited ten years,” the mayor said.",
    "The river has flooded twice since 2015, and engineers say the old piers would not survive a third time.",
    "A short one.",
    "Opponents plan to appeal to the regional court, their lawyer said, because nobody had asked the farmers.",
)
HEAD = """<title>Council approves bridge | The Daily Example</title>
<meta property="og:title" content="Council approves bridge after ten years">
<meta property="og:site_name" content="The Daily Example"><meta name="author" content="Jane Doe">
<meta property="article:published_time" content="2019-03-05T23:30:00-05:00">
<link rel="canonical" href="https://news.example.org/bridge">"""


def page(body: str, *, head: str = HEAD, charset: str = '<meta charset="utf-8">') -> str:
    return f'<!DOCTYPE html>\n<html lang="en"><head>{charset}{head}</head>\n<body>{body}</body></html>'


def paragraphs(tag: str = "p", words: tuple[str, ...] = PARAGRAPHS) -> str:
    return "".join(f"<{tag}>{one}</{tag}>" for one in words)


def test_a_page_says_who_published_it_when_and_where() -> None:
    article = read_one(read_html, page(f"<article>{paragraphs()}</article>"))
    assert (article.id, article.title) == ("bridge", "Council approves bridge after ten years")
    assert (article.publisher, article.author) == ("The Daily Example", "Jane Doe")
    assert article.published_at == date(2019, 3, 5)
    assert not article.published_at_inferred
    assert article.url == "https://news.example.org/bridge"
    assert article.text == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "body",
    [
        f"<nav><a href='/'>Home</a></nav><article><h1>Bridge</h1>{paragraphs()}</article><footer>Imprint</footer>",
        f"<div id='c'><h1>Bridge</h1>{paragraphs('div')}</div>",
        "<main>" + "".join(f"<section><p>{one}</p></section>" for one in PARAGRAPHS) + "</main>",
        "<article><p>" + "<br><br>".join(PARAGRAPHS) + "</p></article>",
        f"<article>{paragraphs(words=PARAGRAPHS[:3])}<div class='promo'><p>Sign up to our newsletter</p></div>"
        "<ul><li><a href='x'>Mayor resigns</a></li><li><a href='y'>Ferry sinks</a></li></ul>"
        f"<blockquote><p>{PARAGRAPHS[3]}</p></blockquote>{paragraphs(words=PARAGRAPHS[4:])}</article>",
        f"<article><h1>Bridge</h1>{paragraphs()}<h2>Comments</h2><p>Share this article</p></article>",
    ],
    ids=["article", "divs", "sections", "line breaks", "inserts", "trailing prompts"],
)
def test_every_paragraph_of_reporting_is_kept_and_none_is_skipped(body: str) -> None:
    article = read_one(read_html, page(body))
    marked = "\n".join(words for _, words in skipped_words(article))
    for paragraph in PARAGRAPHS:
        assert paragraph in article.text
        assert paragraph not in marked


def test_boilerplate_that_reaches_the_text_is_marked() -> None:
    article = read_one(read_html, page(f"<article>{paragraphs()}<p>Share this article</p></article>"))
    assert skipped_words(article) == [("sharing", "Share this article")]


def test_a_short_page_is_read() -> None:
    assert read_one(read_html, page(f"<p>{PARAGRAPHS[1]}</p>")).text == PARAGRAPHS[1]


def test_a_page_that_says_nothing_of_itself_gets_a_title_and_no_made_up_date() -> None:
    article = read_one(read_html, page(f"<article><p>Posted while it rained</p>{paragraphs()}</article>", head=""))
    assert article.title
    assert (article.published_at, article.url) == (None, None)


CAFE = "The café on the pier stays open, the owner said, and naïve visitors may go on asking for crème brûlée."


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">', "cp1252"),
        ('<meta charset="iso-8859-1">', "utf-8"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ('<meta charset="utf-16">', "utf-8"),
    ],
    ids=["label", "http-equiv", "wrong label", "no label", "mark", "utf-16 mark", "label that cannot be true"],
)
def test_the_declared_charset_is_honoured(declaration: str, encoding: str) -> None:
    html = page(f"<article><p>{CAFE}</p>{paragraphs(words=PARAGRAPHS[:1])}</article>", charset=declaration)
    assert CAFE in read_one(read_html, html.encode(encoding)).text


@pytest.mark.parametrize(
    ("label", "encoding", "words"),
    [
        ("Shift_JIS", "cp932", "議会は月曜日に橋の建設を承認した。費用は四百万ユーロになる見込みだ。"),
        ("iso-2022-jp", "iso2022_jp", "議会は月曜日に橋の建設を承認した。費用は四百万ユーロになる見込みだ。"),
        ("gb2312", "gb18030", "议会星期一批准了这座桥。预计费用为四百万欧元,工程将于三月开始。"),
        ("koi8-r", "koi8-r", "Совет одобрил мост в понедельник после долгих споров."),
        ("euc-kr", "cp949", "의회는 월요일에 다리 건설을 승인했다. 비용은 사백만 유로로 예상된다."),
    ],
)
def test_charsets_of_other_scripts_are_read(label: str, encoding: str, words: str) -> None:
    html = page(f"<article><p>{words}</p><p>{words}!</p></article>", charset=f'<meta charset="{label}">')
    assert words in read_one(read_html, html.encode(encoding)).text


def test_an_xml_declaration_names_the_charset_too() -> None:
    html = f'<?xml version="1.0" encoding="iso-8859-1"?>{page(f"<article><p>{CAFE}</p></article>", charset="")}'
    assert CAFE in read_one(read_html, html.encode("cp1252")).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"<html><body></body></html>", "no main text"),
        (b"<html><body><script>alert('The council approved the bridge.')</script></body></html>", "no main text"),
        (b"<html><body><p>caf\xe9</p></body></html>", "byte 18 (0xe9) is not valid UTF-8"),
        (b"<meta charset='punycode'><p>Text</p>", "charset 'punycode', which is not read"),
        (b"<meta charset='nonsense'><p>Text</p>", "charset 'nonsense', which is not read"),
        (b"<meta charset='windows-1252'><p>\x81</p>", "is not valid cp1252, the charset it declares"),
        (b"<html>\x00\x00</html>", "binary file"),
    ],
)
def test_what_is_no_readable_page_is_refused(content: bytes, words: str) -> None:
    assert words in refusal(read_html, content).reason


READING_ALONE = """
import io, sys
from corpus.readers.html import read_html
from corpus.readers.source import Source

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "urllib.Request"}:
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(watch)
page = sys.stdin.buffer.read()
for content in (page, b"<html><body></body></html>", b"<", b"<html lang='xx'><time>someday</time><p>a"):
    list(read_html(io.BytesIO(content), source=Source("page", "page")))
"""


def test_nothing_is_fetched_and_nothing_printed() -> None:
    tags = "<script src='http://x.example/a.js'></script><img src='http://x.example/a.png'>"
    html = page(f"{tags}<iframe src='http://x.example'></iframe><article>{paragraphs()}</article>")
    run = subprocess.run(
        [sys.executable, "-c", READING_ALONE], input=html.encode(), capture_output=True, check=False, cwd=ROOT
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    "content",
    ["<div>" * 20_000 + "text", "<" * 5_000, "<p>" + "&amp;" * 5_000, "<!--" * 5_000, "<html><body><p>\ud7ff\ufdd0"],
    ids=["deep", "open", "entities", "comments", "odd characters"],
)
def test_hostile_pages_give_one_article_or_one_error(content: str) -> None:
    assert len(read_all(read_html, content)) == 1
