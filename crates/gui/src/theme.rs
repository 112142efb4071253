//! Colours and type: light and dark, one accent, and a colour for every operation.

use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Theme, Visuals};
use untrained_plot::{operation_colour, series_colour};

/// The accent: selection, best value, what to press.
pub fn accent(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(86, 180, 233) } else { Color32::from_rgb(0, 98, 160) }
}

/// The colour of one of several series or architectures that are compared.
pub fn series(at: usize) -> Color32 {
    let [r, g, b] = series_colour(at);
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
    visuals.selection.stroke = Stroke::new(1.0, if dark { Color32::WHITE } else { accent });
    visuals.hyperlink_color = accent;
    visuals.panel_fill = grey(24, 250);
    visuals.window_fill = grey(30, 255);
    visuals.extreme_bg_color = grey(14, 255);
    visuals.faint_bg_color = grey(31, 243);
    let pick = |in_dark, in_light| if dark { in_dark } else { in_light };
    visuals.warn_fg_color = pick(Color32::from_rgb(230, 159, 0), Color32::from_rgb(150, 80, 0));
    visuals.error_fg_color = pick(Color32::from_rgb(255, 120, 100), Color32::from_rgb(180, 30, 10));
    let widgets = &mut visuals.widgets;
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

    // A graph whose edges cannot be seen in one of the themes, or a mark that cannot.
    #[test]
    fn colours_stand_out_in_both_themes() {
        for dark in [true, false] {
            let visuals = visuals(if dark { Visuals::dark() } else { Visuals::light() }, dark);
            for [r, g, b] in untrained_plot::SERIES {
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
