use super::*;

fn half_life(days: &str) -> HalfLife {
    HalfLife::new(Decimal::from_str_exact(days).unwrap(), 1_000_000).unwrap()
}

/// Computed with Python's `decimal` at 80 digits: `(-(Decimal(age) / half_life) * Decimal(2).ln()).exp()`, quantized.
const KNOWN: [(&str, &[(u32, i64)]); 11] = [
    (
        "90",
        &[
            (0, 1_000_000_000_000_000),
            (1, 992_327_946_262_943),
            (2, 984_714_752_934_431),
            (16, 884_063_695_300_492),
            (37, 752_043_953_780_992),
            (89, 503_865_684_608_576),
            (90, 500_000_000_000_000),
            (91, 496_163_973_131_472),
            (1_000, 452_087_261_859),
            (4_500, 1),
            (36_500, 0),
        ],
    ),
    (
        "30",
        &[
            (1, 977_159_968_434_246),
            (17, 675_174_973_084_095),
            (49, 322_342_577_109_895),
            (89, 127_921_736_499_597),
            (90, 125_000_000_000_000),
            (91, 122_144_996_054_281),
            (1_000, 92_399),
            (1_500, 1),
            (1_525, 0),
            (36_500, 0),
        ],
    ),
    (
        "0.5",
        &[
            (0, 1_000_000_000_000_000),
            (1, 250_000_000_000_000),
            (2, 62_500_000_000_000),
            (16, 232_831),
            (24, 4),
            (25, 1),
            (26, 0),
            (89, 0),
            (1_000, 0),
        ],
    ),
    (
        "365.25",
        &[
            (1, 998_104_066_003_886),
            (89, 844_594_805_882_804),
            (90, 842_993_509_877_389),
            (91, 841_395_249_823_509),
            (1_000, 149_907_992_877_962),
            (4_500, 195_529_168_041),
            (18_000, 1),
            (18_600, 0),
            (36_500, 0),
        ],
    ),
    (
        "7",
        &[
            (1, 905_723_664_263_907),
            (16, 205_083_839_001_909),
            (49, 7_812_500_000_000),
            (89, 148_805_377_711),
            (90, 134_776_551_962),
            (91, 122_070_312_500),
            (337, 3),
        ],
    ),
    ("3.7", &[(1, 829_164_198_067_453), (37, 976_562_500_000), (90, 47_604_582), (91, 39_472_015)]),
    (
        "1000000",
        &[
            (1, 999_999_306_853_060),
            (91, 999_936_925_595_843),
            (36_500, 975_017_487_653_333),
            (730_000, 602_903_913_845_380),
        ],
    ),
    (
        "12345.678901",
        &[(1, 999_943_856_653_965), (1_000, 945_402_116_272_019), (36_500, 128_826_381_908_012), (600_000, 2)],
    ),
    ("0.0001", &[(0, 1_000_000_000_000_000), (1, 0)]),
    (
        "33.333333333333333333333333",
        &[(1, 979_420_297_586_927), (50, 353_553_390_593_274), (100, 125_000_000_000_000), (1_000, 931_323)],
    ),
    (
        "9999999999999999999999999999",
        &[(0, 1_000_000_000_000_000), (1, 1_000_000_000_000_000), (730_000, 1_000_000_000_000_000)],
    ),
];

#[test]
fn factors_are_the_known_ones() {
    for (days, factors) in KNOWN {
        let half_life = half_life(days);
        for (age, factor) in factors {
            assert_eq!(half_life.factor(*age), *factor, "{days} days, age {age}");
            // The second time from the table.
            assert_eq!(half_life.factor(*age), *factor, "{days} days, age {age}");
        }
    }
}

#[test]
fn a_tie_goes_to_the_even_neighbour() {
    // 2^-16 = 0.0000152587890625, the only power of one half that lies between two factors.
    assert_eq!(half_life("1").factor(16), 15_258_789_062);
    assert_eq!(half_life("0.25").factor(4), 15_258_789_062);
    // A hair older and a hair younger than 16 half-lives, which takes more digits to see.
    assert_eq!(half_life("0.2499999999999999999999999999").factor(4), 15_258_789_062);
    assert_eq!(half_life("0.2500000000000000000000000001").factor(4), 15_258_789_063);
}

#[test]
fn ages_beyond_the_table_are_computed_alike() {
    let days = Decimal::from(90);
    let (long, short) = (HalfLife::new(days, 10_000).unwrap(), HalfLife::new(days, 0).unwrap());
    for age in [0, 1, 2, 89, 90, 4_499, 4_590, 4_591, 9_999, 10_001, u32::MAX] {
        assert_eq!(long.factor(age), short.factor(age), "{age}");
    }
    assert_eq!(long.factor(u32::MAX), 0);
    assert_eq!(long.factor_decimal(1).to_string(), "0.992327946262943");
}

#[test]
fn factors_never_grow_with_age() {
    let half_life = half_life("45.5");
    let factors: Vec<_> = (0..2_400).map(|age| half_life.factor(age)).collect();
    assert_eq!(factors[0], ONE);
    assert!(factors.windows(2).all(|pair| pair[0] > pair[1] || (pair[0] == pair[1] && pair[1] < 100)));
    assert_eq!(factors[2_399], 0);
}

#[test]
fn a_half_life_is_above_zero() {
    assert!(HalfLife::new(Decimal::ZERO, 10).is_none());
    assert!(HalfLife::new(Decimal::NEGATIVE_ONE, 10).is_none());
}

#[test]
fn too_few_bits_are_noticed() {
    let half_life = half_life("90");
    let mut unclear = 0;
    for age in 1..90 {
        for bits in [16, 32, 48, 56, 60, 64, 72, 80, 128, 384, 1_000] {
            match half_life.enclosed(0, age, bits, &ln_2(bits)) {
                Some(factor) => assert_eq!(factor, half_life.factor(age as u32), "{age} by {bits} bits"),
                None => unclear += 1,
            }
        }
    }
    assert!(unclear > 89 * 3, "{unclear}");
}

#[test]
fn more_bits_give_the_same_factors() {
    // The same bounds from twice the precision, and a bound of the error that is not exceeded.
    for age in (1..4_000_u32).step_by(7) {
        let x = |bits| ln_2(bits) * age / 4_001_u32;
        let (power, wide) = (exp_of_minus(&x(BITS), BITS), exp_of_minus(&x(2 * BITS), 2 * BITS) >> BITS);
        let off = (power - wide).to_i64().unwrap().abs();
        assert!(off < i64::from(4 * BITS), "{age}: {off}");
    }
}
