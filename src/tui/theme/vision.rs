//! What eyes make of the built-in themes: contrast, and colours apart for those who see fewer.

use ratatui::style::{Color, Style};

use super::Theme;
use super::built_in::{ANSI, MONOCHROME, THEMES};
use super::colour::{Rgb, linear, luminance, of_index};

type Matrix = [[f64; 3]; 3];

/// From linear sRGB to what is left of it, the missing cones gone altogether: G. M. Machado,
/// M. M. Oliveira, L. A. F. Fernandes, A Physiologically-based Model for Simulation of Color Vision
/// Deficiency, IEEE TVCG 15 (2009) 1291; severity 1.0 of the tables that go with it.
const VISIONS: [(&str, Matrix); 3] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
];

/// Linear sRGB to CIE XYZ, D65 (IEC 61966-2-1).
const TO_XYZ: Matrix = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

fn times(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// CIE L*a*b* of a colour as it is seen (CIE 15).
fn seen(rgb: Rgb, vision: &Matrix) -> [f64; 3] {
    let light = times(vision, rgb.map(linear)).map(|c| c.clamp(0.0, 1.0));
    let root = |t: f64| {
        let edge = 6.0 / 29.0_f64;
        if t > edge.powi(3) { t.cbrt() } else { t / (3.0 * edge * edge) + 4.0 / 29.0 }
    };
    let [x, y, z] = times(&TO_XYZ, light);
    let [x, y, z] = [x / WHITE[0], y / WHITE[1], z / WHITE[2]].map(root);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Distance by CIE 1976.
fn apart(a: Rgb, b: Rgb, vision: &Matrix) -> f64 {
    let apart = seen(a, vision).into_iter().zip(seen(b, vision));
    apart.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn rgb(colour: Option<Color>) -> Option<Rgb> {
    match colour? {
        Color::Indexed(index @ 16..) => Some(of_index(index)),
        Color::Rgb(r, g, b) => Some([r, g, b]),
        other => panic!("{other:?} is not the same everywhere"),
    }
}

/// Contrast by WCAG 2.2.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The brightest of the dark backgrounds, and the light one.
const GROUNDS: [Rgb; 2] = [[0x1e; 3], [0xff; 3]];

/// The themes with colours of their own, each on the backgrounds it is for.
fn coloured() -> Vec<(&'static str, Theme, Rgb)> {
    let all = THEMES.iter().flat_map(|(name, on)| {
        let theme = |ground: usize| (*name, on[ground], GROUNDS[ground]);
        [theme(0), theme(1)]
    });
    let (other, own) = (["dark", "light"], |theme: &Theme| ![ANSI, MONOCHROME].contains(theme));
    all.filter(|(name, theme, ground)| {
        own(theme)
            && !other.into_iter().zip([GROUNDS[1], GROUNDS[0]]).any(|o| o == (*name, *ground))
    })
    .collect()
}

/// Three to one between neighbours is the least for what is no text, and 4.5 for text (WCAG 2.2,
/// 1.4.11 and 1.4.3); high contrast is seven (1.4.6).
#[test]
fn everything_stands_out_from_its_background() {
    let themes = coloured();
    assert_eq!(themes.len(), 6);
    for (name, mut theme, ground) in themes {
        for (role, style) in Theme::ROLES {
            let style: Style = *style(&mut theme);
            let Some(fg) = rgb(style.fg) else { continue };
            let least = match name {
                _ if role.starts_with("member") => 3.0,
                "high-contrast" => 7.0,
                _ => 4.5,
            };
            let contrast = contrast(fg, rgb(style.bg).unwrap_or(ground));
            assert!(contrast >= least, "{name} {role} on {ground:?}: {contrast:.1}");
        }
    }
}

/// So far apart two colours are told apart in a thin line, too: 2.3 is just noticed side by side
/// (M. Mahy et al., Color Res. Appl. 19 (1994) 105).
const APART: f64 = 40.0;

#[test]
fn with_fewer_cones_neighbours_stay_apart() {
    let (_, on) = THEMES.iter().find(|(name, _)| *name == "colour-blind").expect("it is there");
    for theme in on {
        let lines = [theme.traffic, theme.trial, theme.ceiling, theme.warning];
        for styles in [lines, theme.members] {
            for (vision, matrix) in &VISIONS {
                for (n, a) in styles.iter().enumerate() {
                    for b in &styles[..n] {
                        let both = rgb(a.fg).zip(rgb(b.fg)).expect("coloured");
                        let apart = apart(both.0, both.1, matrix);
                        assert!(apart >= APART, "{vision}: {a:?} {b:?} {apart:.0}");
                    }
                }
            }
        }
    }
}

/// Without one kind of cones the sum is still that of the others: white stays white. And red and
/// green of one brightness come together, which is what the theme is for.
#[test]
fn the_simulation_does_what_it_should() {
    let [_, (_, protan), (_, deutan)] = &VISIONS;
    for matrix in [protan, deutan] {
        let [l, a, b] = seen([255; 3], matrix);
        assert!((l - 100.0).abs() < 0.1 && a.abs() < 0.1 && b.abs() < 0.1, "{l} {a} {b}");
    }
    let (red, green) = ([0xd7, 0x5f, 0x5f], [0x87, 0x87, 0x5f]);
    let all = apart(red, green, &VISIONS[0].1);
    assert!(apart(red, green, deutan) < all / 3.0);
}
