<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- The frame of a page, its style, and what several pages show. No colour says what no sign or word
     says too. What comes from data is text, or the number of a link inside the page; a link to
     elsewhere begins with http:// or https://. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:svg="http://www.w3.org/2000/svg" exclude-result-prefixes="svg">
<xsl:output method="html" encoding="UTF-8" indent="no"/>
<xsl:strip-space elements="*"/>

<xsl:template name="head">
  <xsl:param name="title"/>
  <head>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <meta name="color-scheme" content="light dark"/>
    <meta name="generator" content="rxelab"/>
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
    <title><xsl:value-of select="$title"/></title>
    <style><xsl:text>
:root { --ink: #1b2530; --faint: #52606d; --paper: #fff; --tint: #f2f5f8; --line: #c9d2db;
  --link: #0b5cad; --good: #14652f; --bad: #a8161f; --odd: #7a4d00; --bar: #2a6fb0; --glow: #fff3c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e9ef; --faint: #a3b1be; --paper: #12181e;
  --tint: #1b232b; --line: #3a4754; --link: #7cbcff; --good: #77d896; --bad: #ff938f; --odd: #f0bd62;
  --bar: #5ba3e6; --glow: #4a3f14; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1rem; max-width: 92rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem; padding-top: .5rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.5rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p, ul { margin: .4rem 0 .7rem; max-width: 60rem; }
ul { padding-left: 1.3rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .box:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
:target { background: var(--glow); }
.faint { color: var(--faint); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; margin: 1rem 0; padding: 0;
  max-width: none; list-style: none; }
.cards li { background: var(--tint); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .7rem; }
.cards b { display: block; font-size: 1.15rem; }
.box { overflow-x: auto; max-width: 100%; margin: .5rem 0 1rem; }
table { border-collapse: collapse; font-size: .9rem; }
caption { text-align: left; color: var(--faint); padding: 0 0 .3rem; font-size: .9rem; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; overflow-wrap: normal; }
td.long { min-width: 14rem; max-width: 30rem; overflow-wrap: anywhere; }
th { background: var(--tint); font-weight: 600; }
tbody th { min-width: 6.5rem; max-width: 20rem; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; }
code, pre, .m { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .86rem; }
.m { white-space: nowrap; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem; overflow-x: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.pass { color: var(--good); } .fail { color: var(--bad); font-weight: 700; } .odd { color: var(--odd); } .skip { color: var(--faint); }
.matrix th, .matrix td, .matrix tbody th { padding: 0; text-align: center; min-width: 2.2rem; vertical-align: middle; }
.matrix tbody th { padding: .1rem .45rem; text-align: right; position: sticky; left: 0; max-width: 9rem;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.matrix thead th.up { vertical-align: bottom; padding: .3rem 0; }
.matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 14rem; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
.matrix a { display: block; padding: .3rem .2rem; text-decoration: none; white-space: nowrap; color: inherit; }
.matrix a:hover { text-decoration: underline; }
.matrix td.fail { outline: 2px solid var(--bad); outline-offset: -2px; }
.matrix.many { font-size: .72rem; } .matrix.many td, .matrix.many thead th { min-width: 1.5rem; }
.drawing { background: #fff; border: 1px solid var(--line); border-radius: .4rem; padding: .5rem; }
.drawing svg { display: block; max-width: 100%; height: auto; }
.drawing svg.wide { min-width: 46rem; }
figure { margin: 0 0 1rem; } figcaption { font-weight: 600; margin-bottom: .2rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: .5rem 2rem; }
.chart { display: block; width: 100%; max-width: 30rem; height: auto; }
.chart text { fill: var(--ink); font: 13px system-ui, "DejaVu Sans", sans-serif; } .chart .small { font-size: 11px; fill: var(--faint); }
.chart .value { font-weight: 700; text-anchor: end; } .chart .axis { stroke: var(--faint); }
.chart .rdma { fill: var(--bar); } .chart .tcp { fill: var(--paper); stroke: var(--bar); stroke-width: 1.5; stroke-dasharray: 5 2; }
.chart .spread { stroke: var(--ink); stroke-width: 1.5; }
details > div { margin: .2rem 0 .4rem; min-width: 13rem; } summary { cursor: pointer; white-space: nowrap; }
@page { size: A4; margin: 14mm 12mm; }
@page wide { size: A4 landscape; margin: 10mm; }
@media print {
  :root { --ink: #000; --faint: #333; --paper: #fff; --tint: #f2f2f2; --line: #999; --link: #000; --good: #000; --bad: #000; --odd: #000;
    --bar: #555; --glow: #fff; }
  body { padding: 0; max-width: none; font-size: 9.5pt; } nav, .back { display: none; }
  h2, h3, h4, caption, figcaption { break-after: avoid; } caption { font-size: 8pt; } figure, tr, .cards li { break-inside: avoid; }
  .box { overflow: visible; } table { font-size: 7.2pt; } th, td { padding: .8mm; white-space: normal; }
  td.m, td.long { white-space: normal; overflow-wrap: anywhere; }
  td.n, .matrix th { white-space: nowrap; } td.long { min-width: 0; } tbody th { overflow-wrap: break-word; } .drawing { border: 0; padding: 0; } .drawing svg.wide { min-width: 0; }
  .drawing svg { max-height: 240mm; } code, pre, .m { font-size: 6.6pt; }
  .charts { grid-template-columns: 1fr 1fr; } tbody th, .matrix th, .matrix td, .matrix tbody th { min-width: 0; } .matrix tbody th { position: static; }
  .matrix.many { font-size: 4.6pt; } .matrix.many a { padding: .4mm 0; } .matrix.many thead th, .matrix.many td { min-width: 0; }
  .matrix.many tbody th { padding: 0 .6mm; } .landscape { page: wide; }
  details::details-content { display: block; content-visibility: visible; }
}
</xsl:text></style>
  </head>
</xsl:template>

<!-- a status as a sign and a word -->
<xsl:template name="sign">
  <xsl:param name="status"/>
  <xsl:choose>
    <xsl:when test="$status = 'pass' or $status = 'yes' or $status = 'fine'">✓</xsl:when>
    <xsl:when test="$status = 'fail' or $status = 'no'">✗</xsl:when>
    <xsl:when test="$status = 'skip'">–</xsl:when>
    <xsl:otherwise>!</xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="class">
  <xsl:param name="status"/>
  <xsl:choose>
    <xsl:when test="$status = 'pass' or $status = 'yes' or $status = 'fine'">pass</xsl:when>
    <xsl:when test="$status = 'fail'">fail</xsl:when>
    <xsl:when test="$status = 'skip'">skip</xsl:when>
    <xsl:otherwise>odd</xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="status">
  <xsl:param name="status" select="status"/>
  <xsl:variable name="class">
    <xsl:call-template name="class"><xsl:with-param name="status" select="$status"/></xsl:call-template>
  </xsl:variable>
  <span class="{$class}">
    <span aria-hidden="true">
      <xsl:call-template name="sign"><xsl:with-param name="status" select="$status"/></xsl:call-template>
    </span>
    <xsl:text>&#160;</xsl:text>
    <xsl:value-of select="$status"/>
  </span>
</xsl:template>

<!-- A row of a table of facts, unless nothing is known. -->
<xsl:template name="fact">
  <xsl:param name="name"/>
  <xsl:param name="value"/>
  <xsl:if test="string($value) != ''">
    <tr><th scope="row"><xsl:value-of select="$name"/></th><td class="long"><xsl:value-of select="$value"/></td></tr>
  </xsl:if>
</xsl:template>

<!-- Text with the link at its end, if it is one to the web. -->
<xsl:template name="linked">
  <xsl:param name="text"/>
  <xsl:variable name="link">
    <xsl:choose>
      <xsl:when test="contains($text, '; https://')">https://<xsl:value-of select="substring-after($text, '; https://')"/></xsl:when>
      <xsl:when test="contains($text, '; http://')">http://<xsl:value-of select="substring-after($text, '; http://')"/></xsl:when>
    </xsl:choose>
  </xsl:variable>
  <xsl:choose>
    <xsl:when test="$link != '' and not(contains($link, ' '))">
      <xsl:value-of select="substring($text, 1, string-length($text) - string-length($link))"/>
      <a href="{$link}" rel="noreferrer"><xsl:value-of select="$link"/></a>
    </xsl:when>
    <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- A drawing, as far as it is shapes and text: no links, scripts, styles and names. -->
<xsl:template match="svg:svg" mode="drawing">
  <xsl:param name="title"/>
  <xsl:param name="description"/>
  <svg role="img" aria-labelledby="drawing-title drawing-text">
    <xsl:if test="number(substring-before(@width, 'pt')) &gt; 560"><xsl:attribute name="class">wide</xsl:attribute></xsl:if>
    <xsl:copy-of select="@width | @height | @viewBox"/>
    <title id="drawing-title"><xsl:value-of select="$title"/></title>
    <desc id="drawing-text"><xsl:value-of select="$description"/></desc>
    <xsl:apply-templates select="svg:*" mode="shape"/>
  </svg>
</xsl:template>

<xsl:template match="svg:g | svg:path | svg:polygon | svg:polyline | svg:ellipse | svg:circle | svg:rect | svg:line | svg:text | svg:tspan"
              mode="shape">
  <xsl:element name="{local-name()}">
    <xsl:copy-of select="@transform | @points | @d | @x | @y | @x1 | @y1 | @x2 | @y2 | @cx | @cy | @r | @rx | @ry |
      @fill[not(contains(., '('))] | @stroke[not(contains(., '('))] | @stroke-width | @stroke-dasharray | @fill-opacity | @stroke-opacity |
      @text-anchor | @font-family | @font-size | @font-weight | @font-style | @width | @height"/>
    <xsl:apply-templates select="svg:* | text()" mode="shape"/>
  </xsl:element>
</xsl:template>
<!-- titles, links and all else: what is in a link is drawn -->
<xsl:template match="svg:a" mode="shape"><xsl:apply-templates select="svg:*" mode="shape"/></xsl:template>
<xsl:template match="svg:*" mode="shape"/>
<xsl:template match="text()" mode="shape"><xsl:value-of select="."/></xsl:template>

</xsl:stylesheet>
