//! The label's file: one page of PDF with both addresses, the tracking number, and bars that no machine reads.

use crate::sandbox::world::shipping::{Place, Postage, Shipment};

/// Points: four by six inches.
const PAGE: (u32, u32) = (288, 432);

pub fn pdf(shipment: &Shipment, postage: &Postage) -> Vec<u8> {
    let (origin, destination) = shipment.way();
    let rate = shipment.rate(&postage.rate);
    let service = rate.map(|rate| format!("{} {}", rate.carrier, rate.service)).unwrap_or_default();
    let mut page = String::new();
    let mut height = PAGE.1 - 36;
    let mut write = |size: u32, text: &str| {
        page.push_str(&format!("BT /F1 {size} Tf 24 {height} Td ({}) Tj ET\n", escaped(text)));
        height = height.saturating_sub(size + 5);
    };
    write(16, &service);
    write(9, "SAMPLE - no carrier takes this label");
    write(9, "From:");
    lines(origin).iter().for_each(|line| write(10, line));
    write(9, "To:");
    lines(destination).iter().for_each(|line| write(13, line));
    write(12, &postage.tracking_code);
    page.push_str(&bars(&postage.tracking_code));
    document(&page)
}

fn lines(place: &Place) -> Vec<String> {
    let town = [&place.city, &place.state, &place.zip].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let of = [&place.name, &place.company, &place.street1, &place.street2].into_iter().flatten().cloned();
    of.chain([town]).chain(place.country.clone()).filter(|line| !line.is_empty()).collect()
}

/// A string of PDF, in Latin-1.
fn escaped(text: &str) -> String {
    let signs = text.chars().map(|c| match c {
        '(' | ')' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        '\u{a0}'..='\u{ff}' => format!("\\{:03o}", u32::from(c)),
        _ => "?".to_owned(),
    });
    signs.collect()
}

fn bars(code: &str) -> String {
    let mut bars = String::new();
    let mut left = 24;
    for byte in code.bytes() {
        for bit in (0..4).rev() {
            let width = if (byte >> bit) & 1 == 1 { 2 } else { 1 };
            bars.push_str(&format!("{left} 24 {width} 60 re f\n"));
            left += width + 1;
        }
    }
    bars
}

fn document(page: &str) -> Vec<u8> {
    let (width, height) = PAGE;
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        format!("<< /Length {} >>\nstream\n{page}endstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut offsets = String::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (start, count) = (file.len(), objects.len() + 1);
    file.push_str(&format!("xref\n0 {count}\n0000000000 65535 f \n{offsets}"));
    file.push_str(&format!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}
