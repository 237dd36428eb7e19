use super::*;

/// The data of all events, read from pieces of that size.
fn events(text: &[u8], size: usize) -> Vec<(bool, String)> {
    let mut events = Events::default();
    let mut found = Vec::new();
    for piece in text.chunks(size) {
        events.push(piece);
        while let Some(event) = events.next_event() {
            found.push(owned(&event));
        }
    }
    found.extend(events.last_event().map(|event| owned(&event)));
    found
}

fn owned(event: &Event<'_>) -> (bool, String) {
    (event.is_error, String::from_utf8(event.data.to_vec()).expect("UTF-8"))
}

#[test]
fn events_are_the_same_however_the_bytes_are_cut() {
    let stream = "\u{feff}: hello\n\ndata: {\"a\":1}\n\nid: 3\nretry: 5\ndata:two\ndata: lines\n\nevent: error\ndata: é🚚\n\n\n\
                  event: ping\n\ndata: last\n";
    let expected = [(false, "{\"a\":1}"), (false, "two\nlines"), (true, "é🚚"), (false, "last")];
    let expected: Vec<(bool, String)> = expected.map(|(is_error, data)| (is_error, data.to_owned())).into();
    for line_end in ["\n", "\r\n", "\r"] {
        let bytes = stream.replace('\n', line_end).into_bytes();
        for size in 1..=bytes.len() {
            assert_eq!(events(&bytes, size), expected, "{line_end:?}, {size} bytes at a time");
        }
    }
}

#[test]
fn an_error_name_belongs_to_one_event() {
    assert_eq!(
        events(b"event: error\n\ndata: a\n\nevent: error\ndata: b\n\ndata: c\n\n", 1_000),
        [(false, "a".to_owned()), (true, "b".to_owned()), (false, "c".to_owned())]
    );
}

#[test]
fn what_is_no_field_is_skipped() {
    assert!(events(b"<html>\n<body>\n\n", 1_000).is_empty());
    assert!(events(b"database: x\n\n", 1_000).is_empty());
    assert!(events(b"", 1).is_empty());
}
