//! Converts texts of egui to SVG: one run for each row and format, stretched to its width in the
//! window, so that other fonts fill the same space.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use egui::epaint::TextShape;
use egui::epaint::text::PlacedRow;
use egui::text::{Galley, TextFormat};
use egui::{Color32, FontDefinitions, FontFamily};
use resvg::usvg::fontdb::{Database, Source};

use untrained_plot::escape_xml;

use super::number;
use super::svg::attribute;

/// The fonts of the window, and what SVG calls the first one of every family.
pub struct FontFaces {
    /// All of them.
    pub database: Arc<Database>,
    names: HashMap<FontFamily, (String, u16)>,
}

impl FontFaces {
    /// Reads the fonts of a window.
    pub fn new(fonts: &FontDefinitions) -> Self {
        let mut database = Database::new();
        let mut first = HashMap::new();
        for (name, data) in &fonts.font_data {
            let ids = database.load_font_source(Source::Binary(data.font.clone()));
            first.insert(name.as_str(), ids.first().copied());
        }
        let mut names = HashMap::new();
        for (family, fonts) in &fonts.families {
            let id = fonts.first().and_then(|name| *first.get(name.as_str())?);
            let face = id.and_then(|id| database.face(id));
            if let Some((face, (name, _))) =
                face.and_then(|face| Some((face, face.families.first()?)))
            {
                names.insert(family.clone(), (name.clone(), face.weight.0));
            }
        }
        Self { database: Arc::new(database), names }
    }

    /// The attributes of a font.
    fn attributes(&self, family: &FontFamily) -> String {
        let general = if *family == FontFamily::Monospace { "monospace" } else { "sans-serif" };
        match self.names.get(family) {
            Some((name, weight)) => {
                let name = escape_xml(name);
                format!(" font-family=\"'{name}', {general}\" font-weight=\"{weight}\"")
            }
            None => format!(" font-family=\"{general}\""),
        }
    }
}

/// A text with its rows.
pub fn text(shape: &TextShape, faces: &FontFaces) -> String {
    let mut out = String::new();
    let mut at = 0;
    for row in &shape.galley.rows {
        for run in runs(&shape.galley, row, at) {
            out.push_str(&written(shape, row, &run, faces));
        }
        at += row.glyphs.len() + usize::from(row.ends_with_newline);
    }
    if shape.angle == 0.0 || out.is_empty() {
        return out;
    }
    let (degrees, x, y) =
        (number(shape.angle.to_degrees()), number(shape.pos.x), number(shape.pos.y));
    format!("<g transform=\"rotate({degrees} {x} {y})\">\n{out}</g>\n")
}

/// Glyphs of a row that have one format.
struct TextRun<'g> {
    glyphs: &'g [egui::epaint::text::Glyph],
    format: &'g TextFormat,
}

/// The runs of a row whose first character is that one of the text.
fn runs<'g>(galley: &'g Galley, row: &'g PlacedRow, first: usize) -> Vec<TextRun<'g>> {
    let sections = &galley.job.sections;
    let mut bytes = galley.job.text.char_indices().skip(first).map(|(byte, _)| byte);
    // An ellipsis is no character of the text; it looks like the last one.
    let mut section = 0;
    let of: Vec<usize> = row
        .glyphs
        .iter()
        .map(|_| {
            let found = bytes.next().and_then(|byte| {
                sections.iter().position(|section| {
                    section.byte_range.start.0 <= byte && byte < section.byte_range.end.0
                })
            });
            section = found.unwrap_or(section);
            section
        })
        .collect();
    let mut begin = 0;
    let parts = of.chunk_by(|a, b| a == b).map(|chunk| {
        let range = begin..begin + chunk.len();
        begin = range.end;
        (range, chunk[0])
    });
    let run = |(range, section): (std::ops::Range<usize>, usize)| {
        Some(TextRun { glyphs: &row.glyphs[range], format: &sections.get(section)?.format })
    };
    parts.filter_map(run).collect()
}

fn written(shape: &TextShape, row: &PlacedRow, run: &TextRun<'_>, faces: &FontFaces) -> String {
    let is_seen = |glyph: &&egui::epaint::text::Glyph| !glyph.chr.is_whitespace();
    let begin = run.glyphs.iter().position(|glyph| is_seen(&glyph));
    let end = run.glyphs.iter().rposition(|glyph| is_seen(&glyph));
    let (Some(begin), Some(end)) = (begin, end) else { return String::new() };
    let glyphs = &run.glyphs[begin..=end];
    let (first, last) = (&glyphs[0], &glyphs[glyphs.len() - 1]);
    let origin = shape.pos + row.pos.to_vec2() + first.pos.to_vec2();
    let width = last.pos.x + last.advance_width - first.pos.x;
    let letters: String = glyphs.iter().map(|glyph| glyph.chr).collect();
    let colour = match (shape.override_text_color, run.format.color) {
        (Some(colour), _) => colour,
        (None, Color32::PLACEHOLDER) => shape.fallback_color,
        (None, colour) => colour,
    };
    let fill = attribute("fill", colour.gamma_multiply(shape.opacity_factor));
    let mut out = String::new();
    let _ = write!(out, "<text x=\"{}\" y=\"{}\"", number(origin.x), number(origin.y));
    let _ = write!(out, " font-size=\"{}\"", number(run.format.font_id.size));
    out.push_str(&faces.attributes(&run.format.font_id.family));
    out.push_str(&fill);
    if glyphs.len() > 1 {
        let width = number(width);
        let _ = write!(out, " textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\"");
    }
    if run.format.italics {
        out.push_str(" font-style=\"italic\"");
    }
    let _ = writeln!(out, " xml:space=\"preserve\">{}</text>", escape_xml(&letters));
    out
}
