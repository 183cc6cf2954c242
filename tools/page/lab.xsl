<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- rxelab report: a lab and what was found in it (tools/cmd-report.c has the data). -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:svg="http://www.w3.org/2000/svg" exclude-result-prefixes="svg">
<xsl:import href="common.xsl"/>
<xsl:import href="results.xsl"/>
<xsl:output method="html" encoding="UTF-8" indent="no"/>

<xsl:template match="/page">
  <html lang="en">
    <xsl:call-template name="head">
      <xsl:with-param name="title">Lab <xsl:value-of select="lab"/>: report of <xsl:value-of select="made"/></xsl:with-param>
    </xsl:call-template>
    <body>
      <header>
        <h1>Lab <xsl:value-of select="lab"/></h1>
        <p class="faint">Report of <xsl:value-of select="made"/>, by <xsl:value-of select="substring-before(concat(version, ' ('), ' (')"/></p>
        <xsl:call-template name="cards"/>
        <nav aria-label="Contents"><ul>
          <li><a href="#drawing">Drawing</a></li>
          <li><a href="#endpoints">Endpoints</a></li>
          <li><a href="#verify">Verify</a></li>
          <li><a href="#bench">Bench</a></li>
          <li><a href="#impairments">Impairments</a></li>
          <li><a href="#machine">Kernel, host, modules</a></li>
          <li><a href="#doctor">Doctor</a></li>
          <li><a href="#lab-file">Lab file</a></li>
          <li><a href="#made">How to make it again</a></li>
        </ul></nav>
      </header>
      <main>
        <xsl:call-template name="drawing"/>
        <xsl:call-template name="endpoints"/>
        <xsl:call-template name="verify"/>
        <xsl:call-template name="bench"/>
        <xsl:call-template name="impairments"/>
        <xsl:call-template name="machine"/>
        <xsl:call-template name="doctor"/>
        <xsl:call-template name="lab-file"/>
        <xsl:call-template name="made"/>
      </main>
    </body>
  </html>
</xsl:template>

<!-- Why a part is not there. -->
<xsl:template name="missing">
  <xsl:param name="what"/>
  <xsl:variable name="source" select="/page/source[what = $what]"/>
  <xsl:choose>
    <xsl:when test="$source/state = 'failed'">
      <p><span class="fail"><span aria-hidden="true">✗</span> failed:</span><xsl:text> </xsl:text><xsl:value-of select="$source/words"/></p>
    </xsl:when>
    <xsl:otherwise><p class="faint">Not part of this report.</p></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="cards">
  <ul class="cards">
    <li><b><xsl:value-of select="count(inspect/endpoints)"/></b>endpoints on <xsl:value-of select="inspect/parent"/>
      <xsl:if test="not(inspect/parent)">a bridge</xsl:if></li>
    <li><b><xsl:value-of select="inspect/plane"/></b>plane; RDMA namespace mode <xsl:value-of select="inspect/rdma_netns"/></li>
    <li><b><xsl:value-of select="inspect/kernel"/></b>kernel</li>
    <xsl:for-each select="verify">
      <li>
        <b>
          <xsl:choose>
            <xsl:when test="failed &gt; 0"><span class="fail">✗ <xsl:value-of select="failed"/> failed</span></xsl:when>
            <xsl:when test="complete = 'false'"><span class="odd">! incomplete</span></xsl:when>
            <xsl:otherwise><span class="pass">✓ verified</span></xsl:otherwise>
          </xsl:choose>
        </b>
        <xsl:value-of select="passed"/> passed, <xsl:value-of select="skipped"/> skipped
      </li>
    </xsl:for-each>
    <xsl:for-each select="doctor">
      <li><b><xsl:call-template name="status"><xsl:with-param name="status" select="verdict"/></xsl:call-template></b>doctor</li>
    </xsl:for-each>
  </ul>
</xsl:template>

<xsl:template name="drawing">
  <section aria-labelledby="drawing">
    <h2 id="drawing">Drawing</h2>
    <xsl:choose>
      <xsl:when test="svg:svg">
        <div class="box drawing" tabindex="0" role="group" aria-label="Drawing of the lab; it scrolls">
          <xsl:apply-templates select="svg:svg" mode="drawing">
            <xsl:with-param name="title">Lab <xsl:value-of select="lab"/></xsl:with-param>
            <xsl:with-param name="description">The parent, networks and routers of the lab, and its endpoints, which the table of endpoints lists: <xsl:for-each
              select="inspect/endpoints"><xsl:value-of select="name"/><xsl:if test="position() != last()">, </xsl:if></xsl:for-each></xsl:with-param>
          </xsl:apply-templates>
        </div>
      </xsl:when>
      <xsl:when test="source[what = 'drawing']/state = 'absent'">
        <p class="faint">Not part of this report: give a lab file with --from.</p>
      </xsl:when>
      <xsl:otherwise><xsl:call-template name="missing"><xsl:with-param name="what">drawing</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template name="endpoints">
  <xsl:variable name="drift" select="inspect/endpoints/drift | inspect/endpoints/interfaces/drift"/>
  <section aria-labelledby="endpoints">
    <h2 id="endpoints">Endpoints</h2>
    <xsl:if test="inspect/drift"><p><span class="odd">! differs:</span><xsl:text> </xsl:text><xsl:value-of select="inspect/drift"/></p></xsl:if>
    <div class="box" tabindex="0" role="group" aria-label="Table of endpoints; it scrolls">
      <table>
        <caption>Endpoints and their interfaces, as the kernel had them</caption>
        <thead><tr>
          <th scope="col">Endpoint</th>
          <xsl:if test="inspect/endpoints/interfaces/network"><th scope="col">Network</th></xsl:if>
          <xsl:if test="inspect/endpoints/container"><th scope="col">Container</th></xsl:if>
          <th scope="col">Netdev</th><th scope="col">IPv4</th><th scope="col">IPv6</th><th scope="col">MAC</th>
          <th scope="col">RDMA device</th><th scope="col">GID (index)</th><th scope="col">Port</th><th scope="col" class="n">MTU, RDMA's</th>
          <xsl:if test="$drift"><th scope="col">Differs</th></xsl:if>
        </tr></thead>
        <tbody>
          <xsl:for-each select="inspect/endpoints/interfaces | inspect/endpoints[not(interfaces)]">
            <xsl:variable name="of" select="(self::interfaces/.. | self::endpoints)[1]"/>
            <tr>
              <th scope="row"><xsl:value-of select="$of/name"/></th>
              <xsl:if test="/page/inspect/endpoints/interfaces/network"><td><xsl:value-of select="network"/></td></xsl:if>
              <xsl:if test="/page/inspect/endpoints/container"><td>
                <xsl:for-each select="$of/container/*"><xsl:value-of select="concat(local-name(), ' ', .)"/></xsl:for-each>
              </td></xsl:if>
              <td class="m"><xsl:value-of select="netdev"/></td>
              <td class="m"><xsl:value-of select="ipv4"/></td>
              <td class="m"><xsl:value-of select="ipv6"/></td>
              <td class="m"><xsl:value-of select="mac"/></td>
              <td class="m"><xsl:value-of select="rdma_dev"/></td>
              <td class="m"><xsl:value-of select="gid"/><xsl:if test="gid_index"> (<xsl:value-of select="gid_index"/>)</xsl:if></td>
              <td><xsl:value-of select="port_state"/></td>
              <td class="n"><xsl:value-of select="mtu"/>, <xsl:value-of select="rdma_mtu"/></td>
              <xsl:if test="$drift"><td class="long">
                <xsl:choose>
                  <xsl:when test="drift | $of/drift"><span class="odd">! <xsl:value-of select="(drift | $of/drift)[last()]"/></span></xsl:when>
                  <xsl:otherwise>no</xsl:otherwise>
                </xsl:choose>
              </td></xsl:if>
            </tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
    <xsl:if test="inspect/networks">
      <div class="box" tabindex="0" role="group" aria-label="Table of networks; it scrolls">
        <table>
          <caption>Networks</caption>
          <thead><tr><th scope="col">Network</th><th scope="col">Link</th><th scope="col">VLAN</th><th scope="col">Bridge</th>
            <th scope="col">IPv4</th><th scope="col">IPv6</th></tr></thead>
          <tbody>
            <xsl:for-each select="inspect/networks">
              <tr>
                <th scope="row"><xsl:value-of select="name"/><xsl:if test="not(name)">the only one</xsl:if></th>
                <td><xsl:value-of select="link"/></td><td><xsl:value-of select="vlan"/></td><td><xsl:value-of select="bridge"/></td>
                <td class="m"><xsl:value-of select="subnet"/></td><td class="m"><xsl:value-of select="subnet6"/></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </div>
    </xsl:if>
    <xsl:if test="inspect/routers">
      <div class="box" tabindex="0" role="group" aria-label="Table of routers; it scrolls">
        <table>
          <caption>Routers</caption>
          <thead><tr><th scope="col">Router</th><th scope="col">Network</th><th scope="col">Netdev</th><th scope="col">IPv4</th>
            <th scope="col">IPv6</th><th scope="col">MAC</th></tr></thead>
          <tbody>
            <xsl:for-each select="inspect/routers/interfaces">
              <tr>
                <th scope="row"><xsl:value-of select="../name"/></th><td><xsl:value-of select="network"/></td>
                <td class="m"><xsl:value-of select="netdev"/></td><td class="m"><xsl:value-of select="ipv4"/></td>
                <td class="m"><xsl:value-of select="ipv6"/></td><td class="m"><xsl:value-of select="mac"/></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </div>
    </xsl:if>
  </section>
</xsl:template>

<xsl:template name="impairments">
  <section aria-labelledby="impairments">
    <h2 id="impairments">Impairments</h2>
    <xsl:choose>
      <xsl:when test="impair/impairments">
        <div class="box" tabindex="0" role="group" aria-label="Table of impairments; it scrolls">
          <table>
            <caption>What netem does to frames that leave</caption>
            <thead><tr><th scope="col">Node</th><th scope="col">Network</th><th scope="col">Netdev</th><th scope="col">Impairment</th>
              <th scope="col" class="n">Packets</th><th scope="col" class="n">Dropped</th></tr></thead>
            <tbody>
              <xsl:for-each select="impair/impairments">
                <tr><th scope="row"><xsl:value-of select="node"/></th><td><xsl:value-of select="network"/></td><td class="m"><xsl:value-of select="netdev"/></td>
                  <td class="long"><xsl:value-of select="text"/></td><td class="n"><xsl:value-of select="packets"/></td><td class="n"><xsl:value-of select="dropped"/></td></tr>
              </xsl:for-each>
            </tbody>
          </table>
        </div>
      </xsl:when>
      <xsl:when test="source[what = 'impairments' and (state = 'run' or state = 'given')]"><p>None.</p></xsl:when>
      <xsl:otherwise><xsl:call-template name="missing"><xsl:with-param name="what">impairments</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template name="machine">
  <section aria-labelledby="machine">
    <h2 id="machine">Kernel, host, modules</h2>
    <div class="box"><table>
      <caption>The machine</caption>
      <tbody>
        <xsl:call-template name="fact"><xsl:with-param name="name">Kernel</xsl:with-param><xsl:with-param name="value" select="inspect/kernel"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">Version</xsl:with-param><xsl:with-param name="value" select="host/version"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">System</xsl:with-param><xsl:with-param name="value" select="host/system"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">Processors</xsl:with-param><xsl:with-param name="value" select="host/cpus"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">Memory, MiB</xsl:with-param><xsl:with-param name="value" select="host/memory_mib"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">Plane</xsl:with-param><xsl:with-param name="value" select="inspect/plane"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">Why this plane</xsl:with-param><xsl:with-param name="value" select="inspect/plane_reason"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">RDMA namespace mode</xsl:with-param><xsl:with-param name="value" select="inspect/rdma_netns"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">Parent</xsl:with-param><xsl:with-param name="value" select="inspect/parent"/></xsl:call-template>
        <xsl:call-template name="fact"><xsl:with-param name="name">rxelab</xsl:with-param><xsl:with-param name="value" select="normalize-space(version)"/></xsl:call-template>
      </tbody>
    </table></div>
    <xsl:choose>
      <xsl:when test="module">
        <div class="box"><table>
          <caption>Modules</caption>
          <tbody>
            <xsl:call-template name="fact"><xsl:with-param name="name">rdma_rxe</xsl:with-param><xsl:with-param name="value" select="module/rdma_rxe/loaded"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Its version</xsl:with-param><xsl:with-param name="value" select="module/rdma_rxe/version"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Its file</xsl:with-param><xsl:with-param name="value" select="module/rdma_rxe/file"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Signed by</xsl:with-param><xsl:with-param name="value" select="module/rdma_rxe/signer"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Helper loaded</xsl:with-param><xsl:with-param name="value" select="module/helper/loaded"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Helper available</xsl:with-param><xsl:with-param name="value" select="module/helper/available"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Secure Boot</xsl:with-param><xsl:with-param name="value" select="module/trust/secure_boot"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Lockdown</xsl:with-param><xsl:with-param name="value" select="module/trust/lockdown"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Kernel taint</xsl:with-param><xsl:with-param name="value" select="module/trust/kernel_taint"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="name">Advice</xsl:with-param><xsl:with-param name="value" select="module/advice"/></xsl:call-template>
          </tbody>
        </table></div>
      </xsl:when>
      <xsl:otherwise>
        <h3>Modules</h3>
        <xsl:call-template name="missing"><xsl:with-param name="what">module</xsl:with-param></xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template name="doctor">
  <section aria-labelledby="doctor">
    <h2 id="doctor">Doctor</h2>
    <xsl:choose>
      <xsl:when test="doctor">
        <p>Verdict: <xsl:call-template name="status"><xsl:with-param name="status" select="doctor/verdict"/></xsl:call-template></p>
        <div class="box" tabindex="0" role="group" aria-label="Table of findings; it scrolls">
          <table>
            <caption>Findings, problems first</caption>
            <thead><tr><th scope="col">Check</th><th scope="col">Verdict</th><th scope="col">Tried</th><th scope="col">Reply</th><th scope="col">Meaning</th>
              <th scope="col">Cure</th></tr></thead>
            <tbody>
              <xsl:for-each select="doctor/findings">
                <xsl:sort select="verdict = 'fine'"/>
                <tr><th scope="row"><xsl:value-of select="check"/></th>
                  <td><xsl:call-template name="status"><xsl:with-param name="status" select="verdict"/></xsl:call-template></td>
                  <td class="long"><xsl:value-of select="tried"/></td><td class="long"><xsl:value-of select="reply"/></td>
                  <td class="long"><xsl:value-of select="cause"/></td><td class="long"><xsl:value-of select="cure"/></td></tr>
              </xsl:for-each>
            </tbody>
          </table>
        </div>
      </xsl:when>
      <xsl:otherwise><xsl:call-template name="missing"><xsl:with-param name="what">doctor</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template name="lab-file">
  <section aria-labelledby="lab-file">
    <h2 id="lab-file">Lab file</h2>
    <xsl:choose>
      <xsl:when test="lab_file"><pre><xsl:value-of select="lab_file"/></pre></xsl:when>
      <xsl:otherwise><xsl:call-template name="missing"><xsl:with-param name="what">lab file</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template name="made">
  <section aria-labelledby="made">
    <h2 id="made">How to make it again</h2>
    <xsl:if test="lab_file"><p>Save the lab file above, make the lab, and run what was run for this report:</p></xsl:if>
    <pre>
      <xsl:if test="lab_file">rxelab up <xsl:value-of select="lab"/>.yaml<xsl:text>&#10;</xsl:text></xsl:if>
      <xsl:for-each select="source/command"><xsl:value-of select="."/><xsl:text>&#10;</xsl:text></xsl:for-each>
    </pre>
    <div class="box" tabindex="0" role="group" aria-label="Table of sources; it scrolls">
      <table>
        <caption>Where each part is from</caption>
        <thead><tr><th scope="col">Part</th><th scope="col">From</th><th scope="col">State</th><th scope="col" class="n">Seconds</th></tr></thead>
        <tbody>
          <xsl:for-each select="source">
            <tr><th scope="row"><xsl:value-of select="what"/></th>
              <td class="long"><code><xsl:value-of select="file | command[not(../file)]"/></code></td>
              <td class="long"><xsl:choose>
                <xsl:when test="state = 'failed'"><span class="fail">✗ failed</span>: <xsl:value-of select="words"/></xsl:when>
                <xsl:when test="state = 'given'">a file that was given</xsl:when>
                <xsl:when test="state = 'run'">run for this report</xsl:when>
                <xsl:otherwise>not asked for</xsl:otherwise>
              </xsl:choose></td>
              <td class="n"><xsl:if test="command"><xsl:value-of select="format-number(seconds, '0.0')"/></xsl:if></td></tr>
          </xsl:for-each>
        </tbody>
      </table>
    </div>
  </section>
</xsl:template>

</xsl:stylesheet>
