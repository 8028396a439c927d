//! Colours and strokes: one sheet for all charts, light and dark.
//!
//! Every colour is a custom property with the light value as its default, so that a page can set
//! its own. Renderers that know no custom properties use the plain declaration before it.

use std::fmt::Write as _;

/// A property's name, its light and its dark value.
type Colour = (&'static str, &'static str, &'static str);

const PAPER: Colour = ("paper", "#ffffff", "#15181d");
const INK: Colour = ("ink", "#1b1f24", "#e3e6ea");
const SOFT: Colour = ("soft", "#59626d", "#9aa4b0");
const AXIS: Colour = ("axis", "#8a939d", "#6b7580");
const GRID: Colour = ("grid", "#e4e7eb", "#2a3038");
const ALARM: Colour = ("alarm", "#b3261e", "#ff8a80");

/// Okabe and Ito's colours, told apart by nearly all eyes; those that would be too faint on paper
/// or too dark on a dark screen are moved in lightness alone.
const SERIES: [Colour; super::super::chart::SERIES] = [
    ("s0", "#0072b2", "#4ba3dd"),
    ("s1", "#d55e00", "#f0803c"),
    ("s2", "#009e73", "#2fc296"),
    ("s3", "#b85c93", "#d992bb"),
    ("s4", "#c98a00", "#e69f00"),
    ("s5", "#3a9fd8", "#8fd0f5"),
    ("s6", "#4d4d4d", "#c4c4c4"),
    ("s7", "#9c9300", "#f0e442"),
];

/// What has no colour of its own.
const SHAPES: &str = "\
.plot{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;\
max-width:100%;height:auto}
.plot .title{font-size:15px;font-weight:600}
.plot .name{font-weight:600}
.plot .figure{font-variant-numeric:tabular-nums}
.plot .grid,.plot .axis{stroke-width:1;shape-rendering:crispEdges}
.plot .dot{fill:currentColor;stroke-width:1}
.plot .run{stroke-width:.75;fill-opacity:.9}
.plot .ring,.plot .cross{fill:none;stroke:currentColor;stroke-width:1.5}
.plot .range{fill:currentColor;fill-opacity:.3}
.plot .band{fill:currentColor;fill-opacity:.12}
.plot .fit,.plot .rate{fill:none;stroke:currentColor;stroke-width:1.75;stroke-linejoin:round}
.plot .rate{stroke-width:1.25}
.plot .bar{fill:currentColor}
.plot .hollow{fill:currentColor;fill-opacity:.12;stroke:currentColor}
.plot .hatch{stroke:currentColor;stroke-width:1}
.plot .hit{fill:transparent}
.plot .hit:hover{fill:currentColor;fill-opacity:.08}
.plot .leader{stroke-width:1}
.plot .ideal{stroke-width:2;pointer-events:none}
.plot .whisker{fill:none;pointer-events:none}
.plot .ceiling{stroke-width:1.5;stroke-dasharray:7 4}
.plot .halo{paint-order:stroke;stroke-width:4;stroke-linejoin:round}
.plot .d1{stroke-dasharray:7 3}
.plot .d2{stroke-dasharray:2 3}
.plot .d3{stroke-dasharray:9 3 2 3}
.plot .d4{stroke-dasharray:12 4}
.plot .d5{stroke-dasharray:4 2}
.plot .d6{stroke-dasharray:9 3 2 3 2 3}
.plot .d7{stroke-dasharray:1 2}
";

/// Who wears which colour, and how.
const WORN: [(&str, &str, Colour); 11] = [
    (".paper", "fill", PAPER),
    (".centre", "fill", INK),
    ("text", "fill", INK),
    ("text.soft", "fill", SOFT),
    ("text.alarm", "fill", ALARM),
    ("text.on", "fill", PAPER),
    (".grid", "stroke", GRID),
    (".axis,.plot .leader", "stroke", AXIS),
    (".ideal,.plot .ceiling,.plot .whisker", "stroke", INK),
    (".dot,.plot .halo,.plot .edge", "stroke", PAPER),
    (".doubt", "color", ALARM),
];

/// The sheet that every chart of a page needs once. It follows the reader's choice of light or
/// dark, unless an element around the chart has `data-theme="light"` or `"dark"`; paper is light.
pub fn css() -> String {
    let mut sheet = SHAPES.to_owned();
    for (who, what, (name, light, _)) in WORN {
        // A string takes anything.
        let _ = writeln!(sheet, ".plot {who}{{{what}:{light};{what}:var(--plot-{name},{light})}}");
    }
    for (name, light, _) in SERIES {
        let _ = writeln!(sheet, ".plot .{name}{{color:{light};color:var(--plot-{name},{light})}}");
    }
    let colours = || [PAPER, INK, SOFT, AXIS, GRID, ALARM].into_iter().chain(SERIES);
    let mut dark = String::new();
    let mut light = String::new();
    for (name, _, value) in colours() {
        let _ = write!(dark, "--plot-{name}:{value};");
        let _ = write!(light, "--plot-{name}:initial;");
    }
    let _ = write!(
        sheet,
        "@media screen and (prefers-color-scheme:dark){{.plot{{{dark}}}}}\n\
         @media screen{{[data-theme=light] .plot{{{light}}}\n\
         [data-theme=dark] .plot{{{dark}}}}}\n"
    );
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_can_be_set_from_outside() {
        let sheet = css();
        for (name, light, dark) in [PAPER, INK, SOFT, AXIS, GRID, ALARM].into_iter().chain(SERIES) {
            assert!(sheet.contains(&format!("var(--plot-{name},{light})")), "{name}");
            assert!(sheet.contains(&format!("--plot-{name}:{dark};")), "{name}");
        }
    }
}
