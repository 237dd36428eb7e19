use super::*;

#[test]
fn a_parcel_is_never_said_to_be_smaller_than_it_is() {
    let of = |weight_grams, length_cm| {
        let Dimensions { length, weight, .. } =
            dimensions(Parcel { weight_grams, length_cm, width_cm: 1, height_cm: 1 });
        (weight, length)
    };
    for (grams, centimetres, ounces, inches) in
        [(454, 254, "16.1", "100"), (1, 1, "0.1", "0.4"), (1000, 30, "35.3", "11.9"), (28, 127, "1", "50")]
    {
        assert_eq!(of(grams, centimetres), (ounces.to_owned(), inches.to_owned()), "{grams} g, {centimetres} cm");
    }
}
