<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- What verify and bench found (matrix.c and figures.c have the data). -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:template name="verify">
  <section aria-labelledby="verify">
    <h2 id="verify">Verify</h2>
    <xsl:choose>
      <xsl:when test="verify"><xsl:apply-templates select="verify"/></xsl:when>
      <xsl:otherwise><xsl:call-template name="missing"><xsl:with-param name="what">verify</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template match="verify">
  <p>
    <xsl:value-of select="passed"/> passed, <xsl:value-of select="failed"/> failed, <xsl:value-of select="skipped"/> skipped.
    <xsl:if test="complete = 'false'"><span class="odd">! The run was cut short: <xsl:value-of select="incomplete"/>.</span></xsl:if>
  </p>
  <xsl:if test="failure">
    <h3>Failures</h3>
    <div class="box" tabindex="0" role="group" aria-label="Table of failures; it scrolls">
      <table>
        <caption>What failed<xsl:if test="more_failures &gt; 0">; <xsl:value-of select="more_failures"/> more are not listed here</xsl:if></caption>
        <thead><tr><th scope="col">Test</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Network</th><th scope="col">Reason</th></tr></thead>
        <tbody>
          <xsl:for-each select="failure">
            <tr>
              <th scope="row"><span class="fail">✗&#160;<xsl:value-of select="test"/></span></th><td><xsl:value-of select="from"/></td>
              <td><xsl:value-of select="to"/></td><td><xsl:value-of select="network"/></td><td class="long"><xsl:value-of select="detail"/></td>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
  </xsl:if>
  <h3 id="matrix">Matrix</h3>
  <xsl:choose>
    <xsl:when test="row"><xsl:call-template name="matrix"/></xsl:when>
    <xsl:otherwise><p class="faint">A matrix of <xsl:value-of select="names"/> endpoints is not drawn. The sets below have all pairs.</p></xsl:otherwise>
  </xsl:choose>
  <h3>What was tested</h3>
  <p>A set is what several pairs have in common: the same tests with the same outcomes.</p>
  <xsl:apply-templates select="set"/>
  <xsl:if test="of_lab">
    <h4>The whole lab</h4>
    <div class="box"><table>
      <caption>Tests that belong to no endpoint</caption>
      <thead><tr><th scope="col">Test</th><th scope="col">Outcome</th><th scope="col">Detail</th></tr></thead>
      <tbody>
        <xsl:for-each select="of_lab">
          <tr><th scope="row"><xsl:value-of select="test"/></th><td><xsl:call-template name="status"/></td><td class="long"><xsl:value-of select="detail"/></td></tr>
        </xsl:for-each>
      </tbody>
    </table></div>
  </xsl:if>
</xsl:template>

<xsl:template name="matrix">
  <xsl:variable name="many" select="count(row) &gt; 24"/>
  <p>Rows send, columns receive. A cell has the outcome and the number of its set, and leads to it.
    ✓ passed, ✗ failed, – skipped, empty: not tested. The diagonal has the tests of one endpoint alone.</p>
  <div tabindex="0" role="group" aria-label="Matrix; it scrolls">
    <xsl:attribute name="class">box<xsl:if test="$many"> landscape</xsl:if></xsl:attribute>
    <table>
      <xsl:attribute name="class">matrix<xsl:if test="$many"> many</xsl:if></xsl:attribute>
      <caption>Pairs of endpoints</caption>
      <thead><tr><th scope="col">from \ to</th>
        <xsl:for-each select="row"><th scope="col" class="up"><span><xsl:value-of select="name"/></span></th></xsl:for-each></tr></thead>
      <tbody>
        <xsl:for-each select="row">
          <xsl:text>&#10;</xsl:text>
          <tr><th scope="row"><xsl:value-of select="name"/></th>
            <xsl:for-each select="cell">
              <td>
                <xsl:if test="set">
                  <xsl:attribute name="class"><xsl:call-template name="class"><xsl:with-param name="status" select="status"/></xsl:call-template></xsl:attribute>
                  <a href="#set-{set}"><xsl:call-template name="sign"><xsl:with-param name="status" select="status"/></xsl:call-template>
                    <xsl:value-of select="set"/></a>
                </xsl:if>
              </td>
            </xsl:for-each>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
  </div>
</xsl:template>

<xsl:template match="set">
  <section id="set-{id}">
    <h4>Set <xsl:value-of select="id"/>: <xsl:call-template name="status"/>,
      <xsl:text> </xsl:text><xsl:value-of select="n"/><xsl:text> </xsl:text><xsl:value-of select="kind"/><xsl:if test="n != 1">s</xsl:if></h4>
    <p>
      <xsl:for-each select="example"><xsl:value-of select="."/><xsl:if test="position() != last()">, </xsl:if></xsl:for-each>
      <xsl:if test="n &gt; count(example)"> and <xsl:value-of select="n - count(example)"/> more</xsl:if>
      <xsl:if test="mixed = 'true'">. These pairs have little in common: each had some of these outcomes</xsl:if>.
      <a class="back" href="#matrix">Back to the matrix</a>
    </p>
    <div class="box"><table>
      <caption>Tests of set <xsl:value-of select="id"/></caption>
      <thead><tr><th scope="col">Test</th><xsl:if test="test/network != ''"><th scope="col">Network</th></xsl:if><th scope="col">Outcome</th><th scope="col">Attempts</th>
        <th scope="col">Detail</th></tr></thead>
      <tbody>
        <xsl:for-each select="test">
          <tr>
            <th scope="row"><xsl:value-of select="name"/></th>
            <xsl:if test="../test/network != ''"><td><xsl:value-of select="network"/></td></xsl:if>
            <td><xsl:call-template name="status"/><xsl:if test="n != ../n">, <xsl:value-of select="n"/> times</xsl:if></td>
            <td><xsl:value-of select="attempts"/></td>
            <td class="long">
              <xsl:for-each select="detail">
                <div><xsl:value-of select="text"/>
                  <xsl:if test="../../n &gt; 1"><span class="faint"> (<xsl:for-each select="example"><xsl:value-of select="."/><xsl:if
                    test="position() != last()">, </xsl:if></xsl:for-each><xsl:if test="n &gt; count(example)"> and <xsl:value-of
                    select="n - count(example)"/> more</xsl:if>)</span></xsl:if></div>
              </xsl:for-each>
              <xsl:if test="more &gt; 0"><div class="faint">and <xsl:value-of select="more"/> other results, whose details differ</div></xsl:if>
            </td>
          </tr>
        </xsl:for-each>
      </tbody>
    </table></div>
  </section>
</xsl:template>

<xsl:template name="bench">
  <section aria-labelledby="bench">
    <h2 id="bench">Bench</h2>
    <xsl:choose>
      <xsl:when test="bench"><xsl:apply-templates select="bench"/></xsl:when>
      <xsl:otherwise><xsl:call-template name="missing"><xsl:with-param name="what">bench</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template match="bench">
  <p>RDMA beside TCP over the same netdevs. A bar is the median, the line over it reaches from the lowest to the highest run;
    filled bars are RDMA, dashed outlines TCP. Each axis begins at zero; MB are 10<sup>6</sup> bytes.
    <xsl:if test="complete = 'false'"><span class="odd">! The run was cut short.</span></xsl:if></p>
  <div class="charts">
    <xsl:for-each select="chart">
      <xsl:sort select="metric"/>
      <xsl:sort select="size" data-type="number"/>
      <xsl:if test="bar/median"><xsl:call-template name="chart"/></xsl:if>
    </xsl:for-each>
  </div>
  <div class="box" tabindex="0" role="group" aria-label="Table of figures; it scrolls">
    <table>
      <caption>All figures<xsl:if test="parameters/duration_s"> (runs of <xsl:value-of select="parameters/duration_s"/> s, depth <xsl:value-of
        select="parameters/depth"/>)</xsl:if></caption>
      <thead><tr><th scope="col">Test</th><th scope="col">By</th><th scope="col" class="n">Bytes</th><th scope="col" class="n">Median</th>
        <th scope="col" class="n">Lowest</th><th scope="col" class="n">Highest</th><th scope="col" class="n">p99</th><th scope="col">Unit</th>
        <th scope="col" class="n">Runs</th><th scope="col" class="n">Failed</th><th scope="col" class="n">Skipped</th></tr></thead>
      <tbody>
        <xsl:for-each select="chart">
          <xsl:sort select="metric"/>
          <xsl:sort select="size" data-type="number"/>
          <xsl:for-each select="bar">
            <tr>
              <th scope="row"><xsl:value-of select="test"/></th><td><xsl:call-template name="by"/></td>
              <td class="n"><xsl:value-of select="../size"/></td>
              <td class="n"><xsl:value-of select="median"/><xsl:if test="not(median)">n/a</xsl:if></td>
              <td class="n"><xsl:value-of select="min"/></td><td class="n"><xsl:value-of select="max"/></td><td class="n"><xsl:value-of select="p99"/></td>
              <td><xsl:value-of select="../unit"/></td><td class="n"><xsl:value-of select="n"/></td>
              <td class="n"><xsl:if test="failed &gt; 0"><xsl:attribute name="class">n fail</xsl:attribute>✗ </xsl:if><xsl:value-of select="failed"/></td>
              <td class="n"><xsl:value-of select="skipped"/></td>
            </tr>
          </xsl:for-each>
        </xsl:for-each>
      </tbody>
    </table>
  </div>
</xsl:template>

<!-- "RC", "TCP", "RC, perftest, veth" -->
<xsl:template name="by">
  <xsl:choose>
    <xsl:when test="protocol = 'tcp'">TCP</xsl:when>
    <xsl:otherwise><xsl:value-of select="transport"/></xsl:otherwise>
  </xsl:choose>
  <xsl:if test="tool != '' and tool != 'rxelab'">, <xsl:value-of select="tool"/></xsl:if>
  <xsl:if test="link != ''">, <xsl:value-of select="link"/></xsl:if>
</xsl:template>

<xsl:template name="chart">
  <xsl:variable name="bars" select="bar[median]"/>
  <xsl:variable name="height" select="count($bars) * 38 + 24"/>
  <xsl:variable name="id" select="generate-id()"/>
  <figure>
    <figcaption>
      <xsl:choose><xsl:when test="metric = 'latency'">Latency, </xsl:when><xsl:otherwise>Bandwidth, </xsl:otherwise></xsl:choose>
      <xsl:value-of select="unit"/>: messages of <xsl:value-of select="size"/> bytes
    </figcaption>
    <svg class="chart" role="img" viewBox="0 0 360 {$height}" aria-labelledby="t-{$id} d-{$id}">
      <title id="t-{$id}"><xsl:value-of select="metric"/> in <xsl:value-of select="unit"/>, messages of <xsl:value-of select="size"/> bytes</title>
      <desc id="d-{$id}">
        <xsl:for-each select="$bars"><xsl:value-of select="test"/><xsl:text> </xsl:text><xsl:call-template name="by"/>: <xsl:value-of
          select="median"/> (<xsl:value-of select="min"/> to <xsl:value-of select="max"/>)<xsl:if test="position() != last()">; </xsl:if></xsl:for-each>
      </desc>
      <xsl:for-each select="$bars">
        <xsl:variable name="y" select="(position() - 1) * 38"/>
        <text x="1" y="{$y + 13}"><xsl:value-of select="test"/> (<xsl:call-template name="by"/>)</text>
        <text class="value" x="359" y="{$y + 13}"><xsl:value-of select="median"/></text>
        <rect x="1" y="{$y + 18}" width="{at * 0.358}" height="13">
          <xsl:attribute name="class"><xsl:choose><xsl:when test="protocol = 'tcp'">tcp</xsl:when><xsl:otherwise>rdma</xsl:otherwise></xsl:choose></xsl:attribute>
        </rect>
        <xsl:if test="n &gt; 1">
          <path class="spread" fill="none" d="M{1 + from * 0.358} {$y + 20}v9m0 -4.5H{1 + to * 0.358}m0 -4.5v9"/>
        </xsl:if>
      </xsl:for-each>
      <path class="axis" d="M1 {$height - 21}H359M1 {$height - 21}v4M359 {$height - 21}v4"/>
      <text class="small" x="1" y="{$height - 5}">0</text>
      <text class="small" x="359" y="{$height - 5}" text-anchor="end"><xsl:value-of select="most"/><xsl:text> </xsl:text><xsl:value-of select="unit"/></text>
    </svg>
  </figure>
</xsl:template>

</xsl:stylesheet>
