//! Reading pictures back.

use std::path::Path;

use image::RgbImage;

/// A picture decoded from a PNG file.
pub fn decoded(path: &Path) -> RgbImage {
    image::open(path).unwrap().to_rgb8()
}

/// How many pixels inside a rectangle `[x, y, width, height]` are not white.
pub fn ink(picture: &RgbImage, [x, y, width, height]: [u32; 4]) -> usize {
    let rows = (y..y + height).flat_map(|y| (x..x + width).map(move |x| (x, y)));
    rows.filter(|&(x, y)| picture.get_pixel(x, y).0 != [255; 3]).count()
}

/// The texts of an SVG file, as a reader of XML sees them.
pub fn texts(svg: &str) -> Vec<String> {
    let texts = svg.split("<text ").skip(1).map(|part| {
        let text = part.split_once('>').unwrap().1.split_once("</text>").unwrap().0;
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        text.replace("&apos;", "'").replace("&amp;", "&").trim().to_owned()
    });
    texts.collect()
}

/// How often an element stands in an SVG file.
pub fn elements(svg: &str, name: &str) -> usize {
    svg.matches(&format!("<{name} ")).count()
}

/// A numeric attribute of every element of a name, in the file's order.
pub fn numbers(svg: &str, element: &str, attribute: &str) -> Vec<f64> {
    values(svg, element, attribute).iter().map(|value| value.parse().unwrap()).collect()
}

/// An attribute of every element of a name, in the file's order.
pub fn values(svg: &str, element: &str, attribute: &str) -> Vec<String> {
    let opening = format!("<{element} ");
    let elements = svg.split(&opening).skip(1);
    let value = |text: &str| text.split_once(&format!("{attribute}=\"")).unwrap().1.to_owned();
    elements.map(|text| value(text).split_once('"').unwrap().0.to_owned()).collect()
}
