// SPDX-License-Identifier: Apache-2.0

/// The style sheets of the page and of pictures.
enum PageStyle {
  /// For a page with plots of some series.
  static func css(_ series: [SeriesStyle]) -> String { colours + page + plot + classes(series) }

  /// For a picture that stands alone.
  static func picture(_ series: [SeriesStyle]) -> String {
    colours + pictureText + plot + classes(series)
  }

  private static func classes(_ series: [SeriesStyle]) -> String {
    let light = series.map { ".\($0.name){--c:\($0.light)}" }
    let dark = series.map { ".\($0.name){--c:\($0.dark)}" }
    return light.joined() + "@media (prefers-color-scheme:dark){" + dark.joined() + "}"
  }

  private static let colours = """
    :root{color-scheme:light dark;--bg:#fff;--fg:#1c1e21;--soft:#5d636b;--line:#e3e5e8;--band:#f6f7f8;
    --bad:#b3261e}
    @media (prefers-color-scheme:dark){:root{--bg:#15171a;--fg:#e8eaed;--soft:#a0a7b0;--line:#30343a;
    --band:#1d2024;--bad:#ff8a80}}

    """

  private static let pictureText = """
    text{font-family:system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    .ground{fill:var(--bg)}
    .h{fill:var(--fg);font-size:17px;font-weight:600}
    .b{fill:var(--fg);font-size:15px;font-weight:600}
    .k{fill:var(--fg);font-size:14px}
    .u{fill:var(--soft);font-size:13px;font-weight:400}

    """

  private static let page = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,"Segoe UI",Roboto,
    "DejaVu Sans",sans-serif}
    main{max-width:1240px;margin:0 auto;padding:28px 20px 48px}
    main.broad{max-width:1560px}
    h1{font-size:26px;line-height:1.25;margin:0 0 6px}
    h2{font-size:18px;margin:34px 0 10px}
    p,li{max-width:78ch}
    .facts{color:var(--soft);margin:0 0 2px;max-width:none}
    .legend{display:flex;flex-wrap:wrap;gap:6px 22px;padding:10px 0;margin:18px 0 6px;list-style:none;
    border-top:1px solid var(--line);border-bottom:1px solid var(--line);position:sticky;top:0;
    background:var(--bg)}
    .legend li{display:flex;align-items:center;gap:7px;white-space:nowrap}
    .grids{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:22px 26px}
    figure{margin:0}
    figcaption{margin:0 0 2px}
    figcaption span{color:var(--soft);font-size:13px;margin-left:6px}
    svg{display:block;width:100%;height:auto}
    .legend svg,td svg,.caches svg{display:inline-block;width:34px;height:14px;flex:none;vertical-align:-2px}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:13.5px}
    th{text-align:right;font-weight:600;color:var(--soft);padding:6px 7px;white-space:nowrap;
    border-bottom:1px solid var(--line)}
    td{text-align:right;padding:4px 7px;white-space:nowrap}
    th:first-child,td:first-child{text-align:left;padding-left:4px}
    tbody{border-bottom:1px solid var(--line)}
    tbody:nth-of-type(even){background:var(--band)}
    td.best{font-weight:700}
    td.bad{color:var(--bad);font-weight:700}
    .failures{color:var(--bad)}

    """

  private static let plot = """
    .grid{stroke:var(--line);stroke-width:1;fill:none}
    .ref{stroke:var(--soft);stroke-width:1.2;fill:none}
    .t{fill:var(--soft);font-size:12.5px}
    .l{stroke:var(--c);stroke-width:2.1;fill:none;stroke-linejoin:round}
    .d{stroke-dasharray:6 4;stroke-width:1.8}
    .w{stroke:var(--c);stroke-width:1.2;fill:none;opacity:.55}
    .m{fill:var(--c);stroke:var(--bg);stroke-width:1.4}
    .o{fill:var(--bg);stroke:var(--c);stroke-width:2.2}
    .x{stroke:var(--c);stroke-width:2.4;fill:none}

    """
}
