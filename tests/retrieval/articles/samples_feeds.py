"""Feeds as they are found, one of each kind."""

from __future__ import annotations

RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet href="/feed.xsl" type="text/xsl"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
  <title>Birds</title>
  <atom:link href="https://example.org/feed/" rel="self" type="application/rss+xml"/>
  <link>https://example.org/</link>
  <language>en-GB</language>
  <item>
    <title>Crows &amp;amp; their grudges</title>
    <link>https://example.org/crows</link>
    <dc:creator><![CDATA[A. Crow]]></dc:creator>
    <pubDate>Wed, 01 May 2024 10:00:00 +0000</pubDate>
    <category><![CDATA[corvids]]></category>
    <category>faces</category>
    <guid isPermaLink="false">https://example.org/?p=1</guid>
    <description><![CDATA[Crows &#8230; [&#8230;]]]></description>
    <content:encoded><![CDATA[<p>Crows recognise faces.</p>
<p>They hold <em>grudges</em> for years.</p>]]></content:encoded>
  </item>
  <item>
    <title>Magpies</title>
    <link>/magpies?a=1&amp;b=2</link>
    <description>Magpies are &lt;b&gt;smart&lt;/b&gt; &amp;amp; shy.</description>
  </item>
</channel>
</rss>
"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://example.org/">
  <title>Vögel</title>
  <link rel="self" href="/feed.atom"/>
  <updated>2024-05-02T00:00:00Z</updated>
  <entry xml:base="blog/">
    <id>tag:example.org,2024:1</id>
    <title type="html">Krähen &amp;amp; Raben</title>
    <link rel="enclosure" href="https://example.org/a.mp3"/>
    <link rel="alternate" href="krähen.html"/>
    <published>2024-05-01T10:00:00+02:00</published>
    <updated>2024-05-02T00:00:00Z</updated>
    <author><name>A. Krähe</name><email>a@example.org</email></author>
    <author><name>B. Rabe</name></author>
    <category term="birds" label="Vögel"/>
    <summary>Kurz.</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
      <p>Krähen erkennen <b>Gesichter</b>.</p><ul><li>lange</li><li>genau</li></ul>
    </div></content>
  </entry>
</feed>
""".encode()

RDF = b"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://example.org/"><title>Birds</title><link>https://example.org/</link>
</channel>
<item rdf:about="https://example.org/crows"><title>Crows</title>
<link>https://example.org/crows</link><dc:creator>A. Crow</dc:creator>
<dc:date>2024-05-01</dc:date><description>Crows recognise faces.</description></item>
</rdf:RDF>
"""
