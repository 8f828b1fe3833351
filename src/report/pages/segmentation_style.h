#pragma once

namespace anatomynet::report {

/// Of segmentation_page alone: three tiles side by side on a desk, one below another on a phone, nothing torn
/// apart on paper.
inline constexpr auto segmentation_style = R"css(
body{max-width:78rem}
h1{margin:0 0 .3rem}h2{margin:2rem 0 .2rem}h3{margin:0 0 .4rem;font-size:1.15rem}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.6rem;margin:.2rem 0 .8rem}
.facts dt,.facts dd{display:inline;margin:0;overflow-wrap:anywhere}.facts dt{color:#57606a;margin-right:.5em}
.notice{margin:.4rem 0;padding:.45rem .8rem;border-left:.3rem solid #8c959f;background:#f3f5f7}
.notice.alarm{border-color:#b3261e;background:#fde8e6;color:#7a1a14}
.notice.look,.notice.warning{border-color:#c77700;background:#fff3dc;color:#6b4000}
.top{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,27rem);gap:1.5rem;align-items:start;margin-top:1rem}
.organs{width:100%;margin:0}.organs td:nth-child(2),.organs th:nth-child(2){text-align:right;font-variant-numeric:tabular-nums}
.organs a{color:inherit}.organs td:first-child{white-space:nowrap}
.swatch{display:inline-block;width:.9em;height:.9em;margin-right:.45em;border:1px solid #121418;vertical-align:-.05em}
.badge{display:inline-block;padding:0 .55em;border-radius:1em;font-size:.87em;font-weight:600;white-space:nowrap}
.badge.fine{background:#dcf3e2;color:#0b5a24}.badge.look{background:#ffdf9e;color:#5c3600}
.badge.missing{background:#b3261e;color:#fff}.badge.unchecked{background:#e7eaee;color:#424a53}
.reasons{margin:.25rem 0 .3rem;padding-left:1.1rem;color:#6b4000}
section{border-top:2px solid #d8dee4;padding:.9rem 0 1.1rem}
.tiles{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.7rem;align-items:start}
figcaption{font-size:.87em;color:#57606a}
.absent{color:#7a1a14;margin:0 0 .5rem}
.stills{display:grid;grid-template-columns:1fr 1fr;gap:.4rem}.stills img{display:block;width:100%}
.turn{display:none}.turn canvas{display:block;width:100%;height:auto;touch-action:pan-y;cursor:grab}
.live .turn{display:block}.live .stills{display:none}
#turn-controls{display:flex;flex-wrap:wrap;gap:.25rem .8rem;margin:.4rem 0;font-size:13px;align-items:center}
#turn-controls button{font:inherit;padding:.15rem .6rem}
#turn-controls label{display:inline-flex;align-items:center}
#outlines{position:absolute;opacity:0}
#outlines:focus-visible~main .toggle{outline:2px solid #0a58ca}
#outlines:not(:checked)~main .outlines{display:none}
.toggle{font-size:13px;text-decoration:underline;cursor:pointer}
.card th{width:13rem;font-weight:600}.card table{margin:.1rem 0}.wide{overflow-x:auto}
@media(max-width:48rem){body{margin:1rem auto;padding:0 .7rem}.top,.tiles{grid-template-columns:minmax(0,1fr)}
.card th{width:6.5rem}}
@media print{@page{margin:12mm}body{margin:0;max-width:none;font-size:12px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.top{grid-template-columns:minmax(0,1fr) minmax(0,20rem)}.tiles{grid-template-columns:repeat(3,minmax(0,1fr))}
.live .turn,.toggle{display:none}.live .stills{display:grid}section,.tiles,.top{break-inside:avoid}h2,h2+p{break-after:avoid}}
)css";

}  // namespace anatomynet::report
