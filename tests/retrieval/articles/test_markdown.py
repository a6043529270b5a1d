"""What Obsidian, Hugo, Jekyll, Pandoc, MkDocs and MDX add to Markdown."""

from __future__ import annotations

import re
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.retrieval.library import only

LEAVES = st.sampled_from(
    [
        "word word.", "**word** *word* `word` ~~word~~", "[word](a.md) ![word](a.png) [[word]]",
        "word\\\nword  \nword", "word | word", "word <b>word</b> $ {word} :: #word", "# word",
        "word\n===", "    word\n    word", "```py\nword\n\nword\n```", "word\n: word",
        "| word | word |\n|---|---|\n| word | **word** |", "word[^a]\n\n[^a]: word",
    ]
)  # fmt: skip
MARKS = st.sampled_from(["- ", "* ", "- [x] ", "1. ", "> ", '!!! note "word"\n\n    '])


def nested(mark: str, blocks: list[str]) -> str:
    """Put blocks into an item of a list, a quotation or an admonition."""
    indent = "> " if mark == "> " else " " * (4 if mark[0] == "!" else 3 if mark[0] == "1" else 2)
    return mark + "\n\n".join(blocks).replace("\n", f"\n{indent}")


TEXTS = st.lists(
    st.recursive(
        LEAVES, lambda inner: st.builds(nested, MARKS, st.lists(inner, min_size=1)), max_leaves=8
    ),
    min_size=1,
).map("\n\n".join)


def plain(text: str) -> str:
    """Return the text of an article, and of its title nothing."""
    return only("some-name.md", f"Begin.\n\n{text}".encode(), "en").text.removeprefix("Begin.\n\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("By [[Harlan Oake|the engineer]] in [[1871]].", "By the engineer in 1871."),
        (
            "See [[Storm#Damage]], [[#Costs]], [[Storm#^a1b2c3]].",
            "See Storm > Damage, Costs, Storm.",
        ),
        ("[[sub/Note.md]] and ![[plan.png|600]] here", "sub/Note and here"),
        ("![[plan.png|The plan]]\n\n![[Other note]]\n\nEnd", "The plan\n\nEnd"),
        ("| a | b |\n|--|--|\n| [[Page\\|words]] | c |", "a | b\n\nwords | b: c"),
        ("The lamp is ==twelve **metres** high==.", "The lamp is twelve metres high."),
        ("重点是==这个==内容", "重点是这个内容"),
        ("A line. ^a1b2c3", "A line."),
        ("- item ^the-item\n- other", "• item\n\n• other"),
        ("# Heading ^head\n\nText", "Heading\n\nText"),
        ("Seen %%by whom?%% in May.", "Seen in May."),
        ("%%\nask\n\nthe archive\n%%\n\nText", "Text"),
        (
            "> [!warning]- Closed stairs\n> The stairs are\n> closed.",
            "Closed stairs\n\nThe stairs are closed.",
        ),
        ("> [!NOTE]\n> It is closed.", "It is closed."),
        ("> [!tip] Only a title", "Only a title"),
        (">[!a]- Table\n> | b | c |\n> |---|---|\n> | d | e |", "Table\n\nb | c\n\nd | c: e"),
        ("> [!a]- List\n> - b\n\n^464874", "List\n\n• b"),
        ("> [!a] One\n> > [!b]+ Two\n> > Three", "One\n\nTwo\n\nThree"),
        ("- [ ] repaint\n- [x] replace\n- [a] stays", "• repaint\n\n• replace\n\n• [a] stays"),
        (
            "Owner:: Ann\n\nIt is [due:: 2024-03-05] soon",
            "Owner: Ann\n\nIt is due: 2024-03-05 soon",
        ),
        ("Above the #gallery floor", "Above the #gallery floor"),
        ("中文[[页|链接]]文字", "中文链接文字"),
        (
            "- One\n  collapsed:: true\n- ((64f1a2b3-1111-2222-3333-444455556666)) two",
            "• One\n\n• two",
        ),
    ],
)
def test_obsidian(text: str, words: str) -> None:
    assert plain(text) == words


def test_a_list_of_tags_is_tags() -> None:
    text = "---\ntags: [sea]\n---\n#coast #old/light\n\n#lamp\n\nIt is #1 of three.\n\n#море #sea"
    article = only("some-name.md", text.encode(), "en")
    assert article.source.tags == ("sea", "coast", "old/light", "море")
    assert article.text == "#lamp\n\nIt is #1 of three."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{{< figure src="a.jpg" caption="The bridge" width="6" >}}\n\nIt is',
            "The bridge\n\nIt is",
        ),
        ('It is {{< measure 120 "m" >}} long.', "It is long."),
        (
            "{{% notice warning %}}\nUse the *ferry*.\n{{% /notice %}}\nMore",
            "Use the ferry.\n\nMore",
        ),
        ('See [the bridge]({{< ref "old.md" >}}) now', "See the bridge now"),
        ('See [the bridge]({{ "/2014/old/" | url }}) now', "See the bridge now"),
        ("[the bridge]({{ site.baseurl }}{% post_url 2020-01-01-old %}) and", "the bridge and"),
        ('See [the bridge][1]\n\n[1]: {{< relref "old.md" >}}', "See the bridge"),
        ('<a href="{{ "/x" | url }}">words</a> {{ page.title | escape }}', "words"),
        ("<ul>\n  {% for a in b %}\n    <li>{{ a.c }} one</li>\n  {% endfor %}\n</ul>", "• one"),
        ("{% include image.html caption='The bridge' %}\n\nText", "The bridge\n\nText"),
        ('{{< highlight go >}}\nx := "*a*"\n{{< /highlight >}}\n\nText', 'x := "*a*"\n\nText'),
        ("{% highlight python %}\n# {{ a.b }}\n{% endhighlight %}\n\nText", "# {{ a.b }}\n\nText"),
        ("{{< code >}}\n```sh\na *b*\n```\n{{< /code >}}", "a *b*"),
        ("{% raw %}In {{ braces }}{% endraw %} it *is*", "In {{ braces }} it is"),
        ("{% comment %}not\n\nthis{% endcomment %}but this", "but this"),
        ("A \\```` {# not this #}and that ````", "A ```` and that ````"),
        ("{% if a %}It{% else %}They{% endif %} went", "It They went"),
        ('{{% notice tip "Good to know" %}}\nText', "Good to know\n\nText"),
        ("{# not this #}but this {%- if a -%}and{%- endif %} that", "but this and that"),
        ("A tag {{</* ref a */>}} is shown", "A tag {{< ref a >}} is shown"),
        ("It is {{c1::Oake::who}} and <%= erb %> not", "It is Oake and not"),
        (
            "`{{ a.b }}` and ``{% a ` %}`` are {{ not.these }} code",
            "{{ a.b }} and {% a ` %} are code",
        ),
        ("```\n{{ a.b }}\n```\n\n    {% if a %}\n\nText", "{{ a.b }}\n\n{% if a %}\n\nText"),
    ],
)
def test_templates(text: str, words: str) -> None:
    assert plain(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is long{: .important } and\nopened.\n{:.note}", "It is long and opened."),
        ("## Tolls {#tolls .big}\n\nText", "Tolls\n\nText"),
        ("* TOC\n{:toc}\n\nText", "Text"),
        ("###Without a space\n\nText", "Without a space\n\nText"),
        ("[TOC]\n\nText", "Text"),
        ("[Words]{.smallcaps} and ![a](b.png){width=50%} c", "Words and a c"),
        (
            "Apple\n: A fruit.\n: A firm.\n\nPear\n\n:   Green.",
            "Apple\n\nA fruit.\n\nA firm.\n\nPear\n\nGreen.",
        ),
        (
            "It is[^1] so[^no].\n\n[^1]: Smith\n[^b]: Two\n    lines\n\n    *more*\n\nEnd",
            "It is so[^no].\n\nSmith\n\nTwo lines\n\nmore\n\nEnd",
        ),
        ("It is^[As *Smith* says.] so", "It is (As Smith says.) so"),
        (":::note\nIt is *closed*.\n:::\n\nEnd", "It is closed.\n\nEnd"),
        ("::: warning Closed stairs\n- a\n:::", "Closed stairs\n\n• a"),
        (":::tip[Good to know]\nText\n:::", "Good to know\n\nText"),
        ('::: {.callout-tip title="Good to know"}\nText\n::::', "Good to know\n\nText"),
        (":::{note} Good to know\n:class: wide\n\nText\n:::", "Good to know\n\nText"),
        (
            '!!! note "Good to know"\n    It is *closed*.\n\n    - a\n\nEnd',
            "Good to know\n\nIt is closed.\n\n• a\n\nEnd",
        ),
        ("??? note\n    It is\n    closed.", "It is closed."),
        (
            '=== "Linux"\n\n    ```\n    make\n    ```\n\n=== "Mac"\n\n    brew',
            "Linux\n\nmake\n\nMac\n\nbrew",
        ),
        ('--8<-- "a.md"\n\nText', "Text"),
        (
            "import Tabs from '@theme/Tabs';\nimport {\n  A,\n} from \"b\"\n\n"
            "export const a = {\n  b: 1,\n}\n\n<Tabs>\n<Tab label={`a`} values={{a: [1]}}>\n\n"
            "It is *closed*. {/* not this */}\n\n</Tab>\n</Tabs>",
            "It is closed.",
        ),
        ("Don&#146;t &#x93;pay&#x94; `&#146;` &#8217;", "Don’t “pay” &#146; ’"),
        ("<p>Don&#146;t</p>", "Don’t"),
    ],
)
def test_other_dialects(text: str, words: str) -> None:
    assert plain(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "A cell a[[1]] or x[[i]][j] or f(x)[[k]]",
        "A matrix [[1, 2], [3, 4]] and [[ -f file ]] and a [[ and ]] b",
        "Write {{ to open and }} to close; it costs {{5}} or {{$5 off}}",
        "He wrote {{name}} in the letter",
        "If a == b == c, or a==b==c, then ==",
        "From 10 % to 20 %, 5%% of 6%%, Use %%time or %%bash",
        "A set {x = 1} of {a, b}, {:a => 1}, {1} and {}",
        "The area is x ^2 and the power x^n",
        "Match [^0-9]+ or [^abc]: both, ^[A-Z] and x^[1]",
        "Wow !!! what ??? and ::: this",
        "std::vector is a C++ class:: so",
        "Set <SERVICE_KEY> or <a_b> here",
        "#1 is first, C# and F# too",
        "import duties rose, export const rose",
        "A {# and {% and <% of 5 %",
    ],
)
def test_what_looks_like_markup_stays(text: str) -> None:
    assert plain(f"{text}, it says.") == f"{text}, it says."


@pytest.mark.parametrize(
    "code", ["[[a|b]] ==c== %%d%% [^1] {{ e.f | g }} {% h %} {: .i} ^[j] <K l={m}> &#146; > [!n] o"]
)
def test_code_stays(code: str) -> None:
    assert plain(f"`{code}`\n\n```\n{code}\n```\n\n[^1]: Note") == f"{code}\n\n{code}\n\nNote"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("**Bold** [link](x) and [[Page|words]] {#id}", "Bold link and words"),
        ("`code` &amp; ![a](b) ==this== {{ page.title }}", "code & a this"),
        (
            "A vector<T> of *args, a_b_c, 2 * 3 [WIP] C#",
            "A vector<T> of *args, a_b_c, 2 * 3 [WIP] C#",
        ),
    ],
)
def test_title_without_markup(title: str, words: str) -> None:
    declared = f"---\ntitle: '{title}'\n---\n\nText."
    assert only("some-name.md", declared.encode(), "en").source.title == words
    heading = "# " + title.replace("<", "&lt;") + "\n\nText."
    assert only("some-name.md", heading.encode(), "en").source.title == words


@pytest.mark.parametrize(
    "piece",
    [
        *("[[", "![[", "{{", "{{<", "{%", "{# ", "%%", "%% a\n", "==a ", "[^", "^[", "+", "+++\n"),
        *(
            "{:a ",
            "{a=",
            "<A a={",
            "::: a\n",
            "!!! a\n    ",
            "[^1]: ",
            "[a:: ",
            "#a ",
            "{{ a|b: c |",
        ),
        *("{% raw %}", "{{< code >}}", "> [!a] b\n> c\n\n", "import {\n"),
    ],
)
def test_any_run_of_marks_ends(piece: str) -> None:
    assert plain(f"{piece * 100}a{']' * 100}{'==' * 100} end").endswith("end")
    assert plain(piece * (8_000 // len(piece)) + " end").endswith("end")
    assert plain(f"{{{{{(piece * 300)[:480]}}}}} " * 15 + " end").endswith("end")


@pytest.mark.parametrize("mark", ["- ", "1. ", "> ", "> - ", '!!! note "it"\n', "[^1]: "], ids=repr)
def test_what_is_nested_deeply_loses_nothing(mark: str) -> None:
    lines = [f"{'    ' * depth}{mark}    {'    ' * depth}item{depth}" for depth in range(60)]
    quoted = [f"{mark * depth}item{depth}" for depth in range(60)]
    for text in map("\n".join, (lines, quoted)):
        words = plain(f"{text}\n\nThe end.").replace(".", " ").split()
        assert [word for word in words if word[:4] == "item"] == [f"item{n}" for n in range(60)]
        assert words[-1] == "end"


def test_lists_keep_their_items_in_an_outline() -> None:
    outline = "\n".join(f"{'  ' * depth}- item {depth}" for depth in range(15))
    assert plain(outline).split("\n\n") == [f"• item {depth}" for depth in range(15)]


@given(TEXTS)
def test_no_word_is_lost_however_blocks_are_nested(text: str) -> None:
    numbers = count()
    text = re.sub("word", lambda _: f"word{next(numbers)}w", text)
    article = only("a.md", text.encode(), "en")
    found = re.findall(r"word\d+w", f"{article.source.title} {article.text}")
    assert set(re.findall(r"word\d+w", text)) <= set(found)
