//! Patterns and things, one to one.

use std::fmt::Debug;

use super::Miss;

/// For each pattern, the thing that it is paired with, so that as many as possible have one.
pub fn pair<P, T>(patterns: &[P], things: &[T], fits: impl Fn(&P, &T) -> bool) -> Vec<Option<usize>> {
    let edges: Vec<Vec<usize>> = patterns
        .iter()
        .map(|pattern| {
            (0..things.len()).filter(|at| things.get(*at).is_some_and(|thing| fits(pattern, thing))).collect()
        })
        .collect();
    let mut owner: Vec<Option<usize>> = vec![None; things.len()];
    for pattern in 0..patterns.len() {
        let mut seen = vec![false; things.len()];
        claim(pattern, &edges, &mut owner, &mut seen);
    }
    (0..patterns.len()).map(|pattern| owner.iter().position(|own| *own == Some(pattern))).collect()
}

/// Takes a free thing, or one whose owner can take another.
fn claim(pattern: usize, edges: &[Vec<usize>], owner: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for at in edges.get(pattern).into_iter().flatten() {
        let (Some(seen_before), Some(own)) = (seen.get_mut(*at), owner.get(*at).copied()) else { continue };
        if std::mem::replace(seen_before, true) {
            continue;
        }
        if own.is_none_or(|other| claim(other, edges, owner, seen)) {
            if let Some(own) = owner.get_mut(*at) {
                *own = Some(pattern);
            }
            return true;
        }
    }
    false
}

/// Patterns without a thing, and things that no pattern names.
pub fn misses<P: Debug, T>(
    place: &str,
    patterns: &[P],
    things: &[T],
    fits: impl Fn(&P, &T) -> bool,
    told: impl Fn(&T) -> String,
) -> Vec<Miss> {
    let pairs = pair(patterns, things, fits);
    let all = || match things {
        [] => "nothing".to_owned(),
        things => things.iter().map(&told).collect::<Vec<_>>().join("; "),
    };
    let missing = pairs.iter().enumerate().filter(|(_, thing)| thing.is_none());
    let missing =
        missing.filter_map(|(at, _)| Some(Miss::new(format!("{place}[{at}]"), written(patterns.get(at)?), all())));
    let named = |at: usize| pairs.contains(&Some(at));
    let more = things.iter().enumerate().filter(|(at, _)| !named(*at));
    let more = more.map(|(_, thing)| Miss::new(place, "nothing else", told(thing)));
    missing.chain(more).collect()
}

/// A pattern as it stands in its file, as far as it says anything.
fn written(pattern: &impl Debug) -> String {
    let text = format!("{pattern:?}");
    let inner = text.split_once('{').map_or(text.as_str(), |(_, rest)| rest.trim_end_matches('}').trim());
    let said = inner.split(", ").filter(|field| !field.ends_with(": None"));
    said.collect::<Vec<_>>().join(", ").replace("Some(", "").replace(')', "")
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn a_loose_pattern_leaves_a_strict_one_its_thing() {
        let fits = |pattern: &&str, thing: &&str| pattern.is_empty() || pattern == thing;
        assert_eq!(pair(&["", "b"], &["b", "a"], fits), [Some(1), Some(0)]);
        assert_eq!(pair(&["b", "b"], &["b", "a"], fits), [Some(0), None]);
    }
}
