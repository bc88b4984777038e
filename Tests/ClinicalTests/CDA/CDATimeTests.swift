import Clinical
import Testing

@Suite("CDA times become XDS times")
struct CDATimeTests {
    @Test(
        "UTC, no offset, with the precision of the source",
        arguments: [
            ("20260302100000+0100", "20260302090000"), ("202603021000+0100", "202603020900"), ("2026030210+0100", "2026030209"),
            ("20260302", "20260302"), ("202603", "202603"), ("2026", "2026"), ("20260101003000+0100", "20251231233000"),
            ("20240301003000+0100", "20240229233000"), ("20260302100000.123+0100", "20260302090000"),
            ("20260302230000-0500", "20260303040000"), ("20260302100000+0530", "20260302043000"), ("2026030210+0530", "202603020430"),
            ("20260302100000Z", nil), ("20260302100000+01", nil), ("20261302", nil), ("20260230", nil), ("2026030225", nil), ("", nil),
            ("202603021", nil), ("20260302100000+0160", nil), ("٢٠٢٦", nil),
        ])
    func utc(_ text: String, _ expected: String?) {
        #expect(CDATime(text)?.utc(assuming: .utc) == expected)
    }

    @Test(
        "a time without offset is legal time of metropolitan France, summer and winter",
        arguments: [
            ("20260115100000", "20260115090000"), ("20260715100000", "20260715080000"), ("20260329015959", "20260329005959"),
            ("20260329030000", "20260329010000"), ("20261025015959", "20261024235959"), ("20261025030000", "20261025020000"),
        ])
    func legalTime(_ text: String, _ expected: String) {
        #expect(CDATime(text)?.utc(assuming: .metropolitanFrance) == expected)
    }

    @Test("instants are written for the set and for SAML")
    func instants() {
        #expect(Civil.stamp(1_772_442_900) == "20260302091500")
        #expect(Civil.iso(milliseconds: 1_772_442_900_007, fraction: true) == "2026-03-02T09:15:00.007Z")
        #expect(Civil.iso(milliseconds: 1_772_442_900_999, fraction: false) == "2026-03-02T09:15:00Z")
        #expect(Civil.stamp(-1) == "19691231235959")
    }
}
