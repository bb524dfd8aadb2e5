//! A drawing as SVG that stands alone: fonts, colours and patterns inside, light and dark.

use crate::layout::{Area, Bar, Layout, Mark};
use crate::model::{Form, InstantLook, SpanLook};
use alloc::string::String;
use core::fmt::{self, Write};

/// Draws a layout. Colours are CSS variables with fallbacks, so a page that defines them (`--state-running`, …)
/// themes the drawing; elements carry the classes `span is-running`, `instant is-warning` and so on, and their
/// entry's number in `data-entry`.
pub fn svg(layout: &Layout) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = draw(layout, &mut out);
    out
}

/// The colours are those of Okabe and Ito, which colour-blind eyes tell apart; hatching and shapes tell the rest.
const STYLE: &str = "\
.lifepod{--l-ground:var(--ground,#fbfbfa);--l-line:var(--line,#e4e3df);--l-ink:var(--ink,#1d1f21);\
--l-soft:var(--ink-soft,#63656a);--l-faint:var(--ink-faint,#a4a5a8);--l-fold:var(--hover,#f0efec);\
--l-accent:var(--accent,#0072b2);--l-running:var(--state-running,#8fd0bb);--l-ready:var(--state-ready,#009e73);\
--l-waiting:var(--state-waiting,#e69f00);--l-off:var(--state-off,#d8d6cf);--l-failed:var(--state-failed,#d55e00);\
--l-done:var(--state-done,#56b4e9);--l-ending:var(--state-ending,#cc79a7);--l-on-running:var(--on-running,#12241e);\
--l-on-waiting:var(--on-waiting,#2b1d00);--l-on-off:var(--on-off,#4b4a46);--l-on-failed:var(--on-failed,#1c0b00);\
--l-on-done:var(--on-done,#06222f);--l-on-ending:var(--on-ending,#2a0d1c)}\
@media(prefers-color-scheme:dark){.lifepod{--l-ground:var(--ground,#15171a);--l-line:var(--line,#2b2f35);\
--l-ink:var(--ink,#e7e6e3);--l-soft:var(--ink-soft,#a1a4aa);--l-faint:var(--ink-faint,#61656c);\
--l-fold:var(--hover,#1f2327);--l-accent:var(--accent,#56b4e9);--l-running:var(--state-running,#2f6f5e);\
--l-ready:var(--state-ready,#1bb489);--l-off:var(--state-off,#3a3e45);--l-failed:var(--state-failed,#ef6c1f);\
--l-done:var(--state-done,#3d8fc0);--l-ending:var(--state-ending,#d68ab5);--l-on-running:var(--on-running,#eaf6f2);\
--l-on-off:var(--on-off,#c3c5c9);--l-on-done:var(--on-done,#02151f)}}\
.lifepod{background:var(--l-ground)}\
.lifepod text{font:11.5px Inter,\"Noto Sans SC\",\"DejaVu Sans\",system-ui,sans-serif;fill:var(--l-ink)}\
.lifepod .is-main{font-weight:600}.lifepod .is-small,.lifepod .tick-label{fill:var(--l-soft);font-size:11px}\
.lifepod .fold-label,.lifepod .mark-text{fill:var(--l-soft);font-size:10.5px}\
.lifepod .ground{fill:var(--l-ground)}.lifepod .fold{fill:var(--l-fold)}\
.lifepod .fold-mark{fill:none;stroke:var(--l-faint)}.lifepod .line{stroke:var(--l-line)}\
.lifepod .span-text{font-size:11px;pointer-events:none}\
.lifepod .is-running{fill:var(--l-running)}.lifepod .is-ready{fill:var(--l-ready)}\
.lifepod .is-waiting{fill:var(--l-waiting)}.lifepod .is-off{fill:var(--l-off)}\
.lifepod .is-failed{fill:var(--l-failed)}.lifepod .is-done{fill:var(--l-done)}\
.lifepod .is-ending{fill:var(--l-ending)}.lifepod .is-backoff{fill:url(#lifepod-hatch)}\
.lifepod .hatch-ground{fill:var(--l-off)}.lifepod .hatch-line{stroke:var(--l-ground);stroke-width:2}\
.lifepod .on-running,.lifepod .on-ready{fill:var(--l-on-running)}.lifepod .on-waiting{fill:var(--l-on-waiting)}\
.lifepod .on-off,.lifepod .on-backoff{fill:var(--l-on-off)}.lifepod .on-failed{fill:var(--l-on-failed)}\
.lifepod .on-done{fill:var(--l-on-done)}.lifepod .on-ending{fill:var(--l-on-ending)}\
.lifepod .on-backoff{paint-order:stroke;stroke:var(--l-off);stroke-width:3px}\
.lifepod .instant{stroke:var(--l-ground);stroke-width:1}\
.lifepod .is-normal{fill:var(--l-accent)}.lifepod .is-warning{fill:var(--l-waiting)}\
.lifepod .is-pass{fill:none;stroke:var(--l-ready);stroke-width:1.6}.lifepod .is-fail{fill:var(--l-failed)}\
.lifepod .is-ignored{fill:none;stroke:var(--l-soft);stroke-width:1.6}.lifepod .is-action,.lifepod .is-signal{fill:var(--l-ink)}";

fn draw(layout: &Layout, out: &mut String) -> fmt::Result {
    let (width, height) = (Px(layout.width), Px(layout.height));
    write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lifepod\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\"><style>{STYLE}</style>"
    )?;
    out.push_str(
        "<defs><pattern id=\"lifepod-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"6\" height=\"6\"/>\
         <line class=\"hatch-line\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern></defs>",
    );
    write!(out, "<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>")?;
    axis(layout, out)?;
    for row in &layout.rows {
        let middle = row.y + row.height / 2.0;
        let class = match row.form {
            Form::Main => "label is-main",
            Form::Thin => "label is-small",
            Form::Part | Form::Title => "label",
        };
        write!(out, "<g data-lane=\"{}\">", Escaped(&row.key))?;
        if !matches!(row.form, Form::Thin | Form::Title) {
            let y = Px(row.y + row.height - 0.5);
            write!(
                out,
                "<line class=\"line\" x1=\"8\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
                Px(layout.width - 8.0)
            )?;
        }
        let (x, y) = (Px(row.label_x), Px(middle + 4.0));
        write!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", Escaped(&row.label))?;
        row.areas.iter().try_for_each(|a| area(a, out))?;
        row.bars.iter().try_for_each(|b| bar(b, out))?;
        row.marks.iter().try_for_each(|m| mark(m, out))?;
        out.push_str("</g>");
    }
    out.push_str("</svg>\n");
    Ok(())
}

fn axis(layout: &Layout, out: &mut String) -> fmt::Result {
    let (top, bottom) = (layout.top, layout.height - 8.0);
    for f in &layout.folds {
        let (x, width, height) = (Px(f.x), Px(f.width), Px(bottom - top));
        write!(
            out,
            "<rect class=\"fold\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{height}\"/>",
            Px(top)
        )?;
    }
    for t in &layout.ticks {
        let x = Px(t.x);
        write!(
            out,
            "<line class=\"line\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/>",
            Px(top - 8.0),
            Px(bottom)
        )?;
        let label = Escaped(&t.label);
        // At the right edge the label stands before its line.
        let (x, anchor) = if t.x > layout.width - 50.0 { (t.x - 3.0, "end") } else { (t.x + 3.0, "start") };
        write!(
            out,
            "<text class=\"tick-label\" text-anchor=\"{anchor}\" x=\"{}\" y=\"16\">{label}</text>",
            Px(x)
        )?;
    }
    for f in &layout.folds {
        let (middle, y) = (f.x + f.width / 2.0, top - 12.0);
        for x in [middle - 5.0, middle + 1.0] {
            write!(out, "<path class=\"fold-mark\" d=\"M{} {}l4 4-4 4\"/>", Px(x), Px(y + 2.0))?;
        }
        let label = Escaped(&f.label);
        write!(
            out,
            "<text class=\"fold-label\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{label}</text>",
            Px(middle),
            Px(y - 1.0)
        )?;
    }
    Ok(())
}

fn area(a: &Area, out: &mut String) -> fmt::Result {
    let (look, hint) = (a.look.class(), Escaped(&a.hint));
    write!(out, "<path class=\"span is-{look}\" d=\"{}\"><title>{hint}</title></path>", a.outline)
}

fn bar(b: &Bar, out: &mut String) -> fmt::Result {
    // A hair of ground between neighbours tells them apart, where there is room for one.
    let width = if b.width > 4.0 { b.width - 1.0 } else { b.width };
    let (x, y, height, radius) = (Px(b.x), Px(b.y), Px(b.height), Px((width / 2.0).min(3.0)));
    write!(
        out,
        "<rect class=\"span is-{}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\" rx=\"{radius}\" \
         data-entry=\"{}\"><title>{}</title></rect>",
        b.look.class(),
        Px(width),
        b.entry,
        Escaped(&b.hint)
    )?;
    if !b.text.is_empty() {
        let (x, y) = (Px(b.text_x), Px(b.y + b.height / 2.0 + 4.0));
        write!(
            out,
            "<text class=\"span-text on-{}\" x=\"{x}\" y=\"{y}\">{}</text>",
            b.look.class(),
            Escaped(&b.text)
        )?;
    }
    Ok(())
}

fn mark(m: &Mark, out: &mut String) -> fmt::Result {
    write!(out, "<path class=\"instant is-{}\" data-entry=\"{}\" d=\"", m.look.class(), m.entry)?;
    let (x, y) = (m.x, m.y);
    match m.look {
        InstantLook::Normal | InstantLook::Warning => write!(out, "M{} {}l5 6-5 6-5-6z", Px(x), Px(y - 6.0))?,
        InstantLook::Pass => write!(out, "M{} {}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", Px(x - 3.5), Px(y))?,
        InstantLook::Fail => write!(out, "M{} {}h4v16h-4z", Px(x - 2.0), Px(y - 8.0))?,
        InstantLook::Ignored => write!(out, "M{} {}l7 7m0-7l-7 7", Px(x - 3.5), Px(y - 3.5))?,
        InstantLook::Action => write!(out, "M{} {}h10l-5 9z", Px(x - 5.0), Px(y - 4.0))?,
        InstantLook::Signal => write!(out, "M{} {}l8 5-8 5z", Px(x - 1.0), Px(y - 5.0))?,
    }
    write!(out, "\"><title>{}</title></path>", Escaped(&m.hint))?;
    if !m.text.is_empty() {
        let (x, y) = (Px(m.x + 10.0), Px(m.y + 4.0));
        let on = m.over.map_or("", SpanLook::class);
        let class = if on.is_empty() { "" } else { " on-" };
        write!(out, "<text class=\"mark-text{class}{on}\" x=\"{x}\" y=\"{y}\">{}</text>", Escaped(&m.text))?;
    }
    Ok(())
}

/// A length in pixels: tenths are as fine as any eye.
struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0 + if self.0 < 0.0 { -0.5 } else { 0.5 }) as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        match tenths.unsigned_abs() % 10 {
            0 => write!(f, "{sign}{}", tenths.unsigned_abs() / 10),
            tenth => write!(f, "{sign}{}.{tenth}", tenths.unsigned_abs() / 10),
        }
    }
}

/// Text as it may stand in XML, in content and in attributes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\n' => f.write_str("&#10;")?,
                // XML knows no other control characters.
                c if c.is_control() && c != '\t' => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
