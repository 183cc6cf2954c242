<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- kernels test, kernels show: what RXE does on kernels (docs/reference/json.md has the data). -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:import href="common.xsl"/>
<xsl:output method="html" encoding="UTF-8" indent="no"/>
<xsl:key name="case" match="cases" use="case"/>
<xsl:key name="capability" match="capabilities" use="name"/>
<xsl:key name="issue" match="checks[issue]" use="issue"/>

<xsl:template match="/page">
  <html lang="en">
    <xsl:call-template name="head"><xsl:with-param name="title">RXE on kernels</xsl:with-param></xsl:call-template>
    <body>
      <header>
        <h1>RXE on kernels</h1>
        <p><xsl:for-each select="kernels"><xsl:call-template name="kernel"/><xsl:if test="position() != last()">, </xsl:if></xsl:for-each></p>
        <ul class="cards">
          <li><b><xsl:choose>
            <xsl:when test="unexplained &gt; 0"><span class="fail">✗ <xsl:value-of select="unexplained"/></span></xsl:when>
            <xsl:otherwise><span class="pass">✓ 0</span></xsl:otherwise>
          </xsl:choose></b>failures that nothing explains</li>
          <li><b><xsl:value-of select="pass"/></b>passed</li>
          <li><b><xsl:value-of select="fail"/></b>failed</li>
          <li><b><xsl:value-of select="xfail"/></b>failed as known</li>
          <li><b><xsl:value-of select="xpass"/></b>passed though known to fail</li>
          <li><b><xsl:value-of select="skip"/></b>skipped</li>
        </ul>
        <nav aria-label="Contents"><ul>
          <xsl:if test="changes"><li><a href="#changes">Changes</a></li></xsl:if>
          <li><a href="#cases">Cases</a></li>
          <li><a href="#features">Features</a></li>
          <li><a href="#issues">Known issues</a></li>
          <li><a href="#runs">Runs</a></li>
        </ul></nav>
      </header>
      <main>
        <xsl:if test="complete = 'false'"><p><span class="odd">! The run was cut short.</span></p></xsl:if>
        <xsl:if test="changes"><xsl:call-template name="changes"/></xsl:if>
        <xsl:call-template name="cases"/>
        <xsl:call-template name="features"/>
        <xsl:call-template name="issues"/>
        <xsl:call-template name="runs"/>
      </main>
    </body>
  </html>
</xsl:template>

<xsl:template name="kernel">
  <xsl:choose>
    <xsl:when test="release"><xsl:value-of select="release"/><xsl:if test="release != kernel"> (<xsl:value-of select="kernel"/>)</xsl:if></xsl:when>
    <xsl:otherwise><xsl:value-of select="kernel"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="kernel-headings">
  <xsl:for-each select="/page/kernels"><th scope="col"><xsl:call-template name="kernel"/></th></xsl:for-each>
</xsl:template>

<xsl:template name="changes">
  <section aria-labelledby="changes">
    <h2 id="changes">Changes</h2>
    <div class="box" tabindex="0" role="group" aria-label="Table of changes; it scrolls">
      <table>
        <caption>Against the baseline, regressions first</caption>
        <thead><tr><th scope="col">Change</th><th scope="col">Kernel</th><th scope="col">Case</th><th scope="col">Check</th>
          <th scope="col">Before</th><th scope="col">After</th><th scope="col">Reason</th></tr></thead>
        <tbody>
          <xsl:apply-templates select="changes[change = 'regression']"/>
          <xsl:apply-templates select="changes[change = 'new']"/>
          <xsl:apply-templates select="changes[change = 'still failing']"/>
          <xsl:apply-templates select="changes[change != 'regression' and change != 'new' and change != 'still failing']"/>
        </tbody>
      </table>
    </div>
  </section>
</xsl:template>

<xsl:template match="changes">
  <tr>
    <th scope="row"><xsl:choose>
      <xsl:when test="change = 'regression'"><span class="fail">✗&#160;regression</span></xsl:when>
      <xsl:when test="change = 'fix'"><span class="pass">✓&#160;fix</span></xsl:when>
      <xsl:otherwise><span class="odd">!&#160;<xsl:value-of select="change"/></span></xsl:otherwise>
    </xsl:choose></th>
    <td><xsl:value-of select="kernel"/></td><td class="m"><xsl:value-of select="case"/></td><td class="long"><xsl:value-of select="check"/></td>
    <td><xsl:value-of select="before"/></td><td><xsl:value-of select="after"/></td><td class="long"><xsl:value-of select="detail"/></td>
  </tr>
</xsl:template>

<xsl:template name="cases">
  <section aria-labelledby="cases">
    <h2 id="cases">Cases</h2>
    <p>✓ pass, ✗ fail, – skip; ! xfail is a failure that a known issue explains, ! xpass passed although one says that it fails.
      What a cell with a triangle holds opens by a click or the Enter key.</p>
    <div class="box" tabindex="0" role="group" aria-label="Table of cases; it scrolls">
      <table>
        <caption>Cases and kernels, failures first</caption>
        <thead><tr><th scope="col">Case</th><xsl:call-template name="kernel-headings"/></tr></thead>
        <tbody>
          <xsl:variable name="first" select="kernels/cases[generate-id() = generate-id(key('case', case)[1])]"/>
          <xsl:apply-templates select="$first[key('case', case)/status = 'fail']"/>
          <xsl:apply-templates select="$first[not(key('case', case)/status = 'fail') and
            (key('case', case)/status = 'xpass' or key('case', case)/status = 'xfail')]"/>
          <xsl:apply-templates select="$first[not(key('case', case)[status = 'fail' or status = 'xpass' or status = 'xfail'])]"/>
        </tbody>
      </table>
    </div>
  </section>
</xsl:template>

<xsl:template match="cases">
  <xsl:variable name="name" select="case"/>
  <tr>
    <th scope="row" class="m"><xsl:value-of select="case"/></th>
    <xsl:for-each select="/page/kernels">
      <td><xsl:for-each select="cases[case = $name]">
        <xsl:variable name="shown" select="checks[status != 'pass' and status != 'skip']"/>
        <xsl:choose>
          <xsl:when test="$shown">
            <details>
              <summary><xsl:call-template name="status"/>, <xsl:value-of select="count($shown)"/> of <xsl:value-of select="count(checks)"/></summary>
              <div><ul>
                <xsl:for-each select="$shown">
                  <li><xsl:call-template name="status"/>: <xsl:value-of select="name"/>
                    <xsl:if test="failures and runs &gt; 1"> (<xsl:value-of select="failures"/> of <xsl:value-of select="runs"/> runs)</xsl:if>
                    <xsl:if test="detail"><br/><span class="faint"><xsl:value-of select="detail"/></span></xsl:if>
                    <xsl:if test="issue"><br/>Known: <xsl:call-template name="linked"><xsl:with-param name="text" select="issue"/></xsl:call-template></xsl:if>
                  </li>
                </xsl:for-each>
              </ul></div>
            </details>
          </xsl:when>
          <xsl:otherwise><xsl:call-template name="status"/></xsl:otherwise>
        </xsl:choose>
      </xsl:for-each></td>
    </xsl:for-each>
  </tr>
</xsl:template>

<xsl:template name="features">
  <section aria-labelledby="features">
    <h2 id="features">Features</h2>
    <xsl:choose>
      <xsl:when test="kernels/capabilities">
        <div class="box" tabindex="0" role="group" aria-label="Table of features; it scrolls">
          <table>
            <caption>What the RXE of each kernel can do</caption>
            <thead><tr><th scope="col">Feature</th><xsl:call-template name="kernel-headings"/></tr></thead>
            <tbody>
              <xsl:for-each select="kernels/capabilities[generate-id() = generate-id(key('capability', name)[1])]">
                <xsl:variable name="name" select="name"/>
                <tr><th scope="row"><xsl:value-of select="name"/></th>
                  <xsl:for-each select="/page/kernels">
                    <td class="long"><xsl:for-each select="capabilities[name = $name]">
                      <xsl:call-template name="status"><xsl:with-param name="status" select="answer"/></xsl:call-template>
                      <xsl:if test="detail"><br/><span class="faint"><xsl:value-of select="detail"/></span></xsl:if>
                    </xsl:for-each></td>
                  </xsl:for-each>
                </tr>
              </xsl:for-each>
            </tbody>
          </table>
        </div>
      </xsl:when>
      <xsl:otherwise><p class="faint">Nothing is known.</p></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template name="issues">
  <section aria-labelledby="issues">
    <h2 id="issues">Known issues</h2>
    <xsl:choose>
      <xsl:when test="kernels/cases/checks[issue]">
        <ul>
          <xsl:for-each select="kernels/cases/checks[generate-id() = generate-id(key('issue', issue)[1])]">
            <li><xsl:call-template name="linked"><xsl:with-param name="text" select="issue"/></xsl:call-template>
              <span class="faint"> (<xsl:value-of select="../case"/><xsl:if test="count(key('issue', issue)) &gt; 1">; <xsl:value-of
                select="count(key('issue', issue))"/> checks</xsl:if>)</span></li>
          </xsl:for-each>
        </ul>
      </xsl:when>
      <xsl:otherwise><p>None showed in these runs.</p></xsl:otherwise>
    </xsl:choose>
    <xsl:if test="stale_issues">
      <h3>Issues that are out of date</h3>
      <p>The case ran to its end, and has no such check.</p>
      <ul><xsl:for-each select="stale_issues"><li><xsl:value-of select="kernel"/>: <xsl:value-of select="case"/>, <xsl:value-of select="check"/></li></xsl:for-each></ul>
    </xsl:if>
  </section>
</xsl:template>

<xsl:template name="runs">
  <section aria-labelledby="runs">
    <h2 id="runs">Runs</h2>
    <xsl:for-each select="kernels">
      <h3><xsl:call-template name="kernel"/></h3>
      <div class="box"><table>
        <caption>The run on <xsl:call-template name="kernel"/></caption>
        <tbody>
          <tr><th scope="row">Outcome</th><td><xsl:call-template name="status"/></td></tr>
          <xsl:call-template name="fact"><xsl:with-param name="name">Version</xsl:with-param><xsl:with-param name="value" select="version"/></xsl:call-template>
          <xsl:if test="came_up = 'false'"><tr><th scope="row">Boot</th><td><span class="fail">✗ it never came up</span></td></tr></xsl:if>
          <xsl:if test="came_up = 'true' and verdict = 'false'"><tr><th scope="row">Verdict</th><td><span class="fail">✗ the guest gave none</span></td></tr></xsl:if>
          <xsl:call-template name="fact"><xsl:with-param name="name">Complaint</xsl:with-param><xsl:with-param name="value" select="complaint"/></xsl:call-template>
          <xsl:call-template name="fact"><xsl:with-param name="name">Boots</xsl:with-param><xsl:with-param name="value" select="boots"/></xsl:call-template>
          <xsl:if test="seconds"><tr><th scope="row">Seconds</th><td><xsl:value-of select="format-number(seconds, '0')"/></td></tr></xsl:if>
          <xsl:if test="left &gt; 0"><tr><th scope="row">Cases not begun</th><td><xsl:value-of select="left"/></td></tr></xsl:if>
          <xsl:for-each select="notes"><tr><th scope="row">Note</th><td class="long"><xsl:value-of select="."/></td></tr></xsl:for-each>
        </tbody>
      </table></div>
    </xsl:for-each>
  </section>
</xsl:template>

</xsl:stylesheet>
