//! Colours, type and widths: light and dark, one accent, and a colour for every operation.

use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Theme, Visuals};
use untrained_plot::operation_colour;

/// The narrowest window in which the inspector has a place beside the results; in narrower ones, details
/// have a window of their own.
pub const WITH_INSPECTOR: f32 = 1000.0;
/// The width of the navigation.
pub const NAVIGATION: f32 = 104.0;

/// The accent: selection, best value, what to press.
pub fn accent(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(86, 180, 233) } else { Color32::from_rgb(0, 98, 160) }
}

/// Colours of compared architectures in the light and the dark theme: none of them is that of an
/// operation, which stands beside them.
const COMPARED: [[[u8; 3]; 4]; 2] = [
    [[20, 20, 20], [220, 20, 60], [50, 140, 0], [60, 60, 255]],
    [[245, 245, 245], [255, 95, 120], [150, 255, 60], [140, 140, 255]],
];

/// The colour of one of several architectures that are compared.
pub fn compared(at: usize, dark: bool) -> Color32 {
    let [r, g, b] = COMPARED[usize::from(dark)][at % 4];
    Color32::from_rgb(r, g, b)
}

/// The colour of an operation, as in files.
pub fn operation(names: &[String], name: &str) -> Color32 {
    let [r, g, b] = operation_colour(names, name);
    Color32::from_rgb(r, g, b)
}

/// Black or white, whichever is easier to read on a colour.
pub fn ink(fill: Color32) -> Color32 {
    if contrast(fill, Color32::BLACK) > contrast(fill, Color32::WHITE) {
        Color32::BLACK
    } else {
        Color32::WHITE
    }
}

/// The mark of what differs: around edges and nodes, whatever their colour.
pub fn highlight(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(120, 105, 30) } else { Color32::from_rgb(255, 221, 87) }
}

/// Text that is second to other text, and numbers beside axes: in both themes at least 4.5 to 1 on what
/// it is drawn on.
pub fn secondary(visuals: &Visuals) -> Color32 {
    visuals.weak_text_color()
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.1).
fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |colour: Color32| {
        let [r, g, b, _] = egui::Rgba::from(colour).to_array();
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    };
    let (a, b) = (luminance(a), luminance(b));
    f32::max(a, b) / f32::min(a, b)
}

/// Sets both themes and the sizes of text.
pub fn install(window: &egui::Context) {
    window.set_visuals_of(Theme::Dark, visuals(Visuals::dark(), true));
    window.set_visuals_of(Theme::Light, visuals(Visuals::light(), false));
    window.all_styles_mut(|style| {
        let sizes = [
            (TextStyle::Heading, 17.0, FontFamily::Proportional),
            (TextStyle::Body, 13.0, FontFamily::Proportional),
            (TextStyle::Button, 13.0, FontFamily::Proportional),
            (TextStyle::Small, 11.0, FontFamily::Proportional),
            (TextStyle::Monospace, 12.0, FontFamily::Monospace),
        ];
        for (text, size, family) in sizes {
            style.text_styles.insert(text, FontId::new(size, family));
        }
        style.spacing.item_spacing = egui::vec2(6.0, 5.0);
        style.spacing.button_padding = egui::vec2(7.0, 2.0);
    });
}

fn visuals(mut visuals: Visuals, dark: bool) -> Visuals {
    let grey = |in_dark, in_light| Color32::from_gray(if dark { in_dark } else { in_light });
    let accent = accent(dark);
    visuals.selection.bg_fill = accent.gamma_multiply(if dark { 0.35 } else { 0.25 });
    let on_selection = if dark { Color32::WHITE } else { Color32::from_rgb(0, 62, 104) };
    visuals.selection.stroke = Stroke::new(1.0, on_selection);
    visuals.hyperlink_color = accent;
    visuals.panel_fill = grey(24, 250);
    visuals.window_fill = grey(30, 255);
    visuals.extreme_bg_color = grey(14, 255);
    visuals.faint_bg_color = grey(31, 243);
    let pick = |in_dark, in_light| if dark { in_dark } else { in_light };
    visuals.warn_fg_color = pick(Color32::from_rgb(230, 159, 0), Color32::from_rgb(150, 80, 0));
    visuals.error_fg_color = pick(Color32::from_rgb(255, 120, 100), Color32::from_rgb(180, 30, 10));
    visuals.weak_text_color = Some(grey(155, 98));
    let widgets = &mut visuals.widgets;
    widgets.noninteractive.fg_stroke.color = grey(195, 55);
    widgets.noninteractive.bg_stroke.color = grey(64, 200);
    // The edge of a field or button can be seen, whatever fills it.
    widgets.inactive.bg_stroke = Stroke::new(1.0, grey(112, 138));
    widgets.open.bg_stroke = widgets.inactive.bg_stroke;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(3);
    }
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;
    use untrained::space::Space;
    use untrained_plot::SERIES;

    fn both() -> [(bool, Visuals); 2] {
        [true, false].map(|dark| {
            (dark, visuals(if dark { Visuals::dark() } else { Visuals::light() }, dark))
        })
    }

    // The limits are those of WCAG 2.1: 4.5 for text, 3 for what is not text but has to be seen.
    #[test]
    fn texts_ticks_and_edges_of_fields_can_be_seen() {
        for (dark, visuals) in both() {
            let grounds = [
                visuals.panel_fill,
                visuals.window_fill,
                visuals.faint_bg_color,
                visuals.extreme_bg_color,
            ];
            let texts = [
                ("text", visuals.text_color()),
                ("secondary", visuals.weak_text_color()),
                ("strong", visuals.strong_text_color()),
                ("ticks", secondary(&visuals)),
                ("error", visuals.error_fg_color),
                ("warning", visuals.warn_fg_color),
                ("link", visuals.hyperlink_color),
            ];
            for ground in grounds {
                for (name, colour) in texts {
                    let found = contrast(colour, ground);
                    assert!(found >= 4.5, "{name} on {ground:?}: {found}, dark {dark}");
                }
            }
            for widget in [visuals.widgets.inactive, visuals.widgets.hovered, visuals.widgets.open]
            {
                let text = contrast(widget.text_color(), widget.weak_bg_fill);
                assert!(text >= 4.5, "a button's text: {text}, dark {dark}");
            }
            let selected = visuals.panel_fill.blend(visuals.selection.bg_fill);
            let text = contrast(visuals.selection.stroke.color, selected);
            assert!(text >= 4.5, "selected text: {text}, dark {dark}");
            for ground in [visuals.panel_fill, visuals.text_edit_bg_color()] {
                let edge = contrast(visuals.widgets.inactive.bg_stroke.color, ground);
                assert!(edge >= 3.0, "the edge of a field: {edge}, dark {dark}");
                for at in 0..4 {
                    let line = contrast(compared(at, dark), ground);
                    assert!(line >= 3.0, "compared {at}: {line}, dark {dark}");
                }
            }
        }
    }

    // A letter in the colour of an operation would be taken for it.
    #[test]
    fn compared_architectures_have_other_colours_than_operations() {
        let distance = |a: [u8; 3], b: [u8; 3]| {
            let square = |(a, b): (u8, u8)| (f32::from(a) - f32::from(b)).powi(2);
            a.into_iter().zip(b).map(square).sum::<f32>().sqrt()
        };
        for theme in COMPARED {
            for (at, colour) in theme.into_iter().enumerate() {
                assert!(SERIES.iter().all(|other| distance(colour, *other) > 60.0), "{colour:?}");
                assert!(theme[..at].iter().all(|other| distance(colour, *other) > 100.0));
            }
        }
    }

    // A graph whose edges cannot be seen in one of the themes, or a mark that cannot.
    #[test]
    fn colours_stand_out_in_both_themes() {
        for (dark, visuals) in both() {
            for [r, g, b] in SERIES {
                let colour = Color32::from_rgb(r, g, b);
                assert!(contrast(colour, visuals.panel_fill) > 1.4, "{colour:?}, dark {dark}");
                assert!(contrast(colour, ink(colour)) > 4.0, "{colour:?}");
            }
            let mark = contrast(highlight(dark), visuals.panel_fill);
            assert!(mark > 1.25, "mark {mark}, dark {dark}");
        }
    }

    // Operations that share a colour could not be told apart in a legend.
    #[test]
    fn operations_of_every_space_have_colours_of_their_own() {
        for space in Space::builtins().unwrap() {
            let names: Vec<String> =
                space.operation_names().into_iter().map(str::to_owned).collect();
            let mut colours: Vec<_> =
                names.iter().map(|name| operation(&names, name).to_array()).collect();
            colours.sort_unstable();
            colours.dedup();
            assert_eq!(colours.len(), names.len(), "{}: {names:?}", space.id());
        }
    }
}
