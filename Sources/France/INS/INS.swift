/// The registers that assign an INS (identité nationale de santé), by their OID.
package enum INSRegister: String, Sendable, CaseIterable {
    /// INS-NIR, production. The billing NIR (`NH` in HL7v2) carries the same OID and is not an INS: look at CX-5.
    case nir = "1.2.250.1.213.1.4.8"
    /// INS-NIA, the temporary number, production.
    case nia = "1.2.250.1.213.1.4.9"
    /// INS-NIR of the test environments.
    case test = "1.2.250.1.213.1.4.10"
    /// INS-NIR of the demonstration environments.
    case demonstration = "1.2.250.1.213.1.4.11"

    /// The environment whose patients this register numbers.
    package var environment: NationalEnvironment {
        switch self {
        case .nir, .nia: .production
        case .test, .demonstration: .test
        }
    }

    /// Whether an INS of this register may be used in `environment`.
    /// - Parameter productionInTest: a setting of test platforms, because half of the official examples carry production OIDs.
    ///   It never lets a test OID into production.
    package func isAllowed(in environment: NationalEnvironment, productionInTest: Bool = false) -> Bool {
        if self.environment == environment { return true }
        return environment == .test && productionInTest
    }
}

/// A patient's national identifier: 15 characters (13 + a key of 2) and the OID of the register that gave it.
///
/// Nothing is refused here: the value is kept as it came, trimmed and in capitals, and says what is wrong with it.
/// Rules: format and key of the INS matricule, referential INS; annex INS of the CI-SIS.
package struct INS: Sendable, Hashable {
    /// The matricule with its key, in capitals, without blanks around it.
    package let value: String
    /// The OID of the register, as received.
    package let oid: String

    /// Keeps the two parts; blanks around them go, letters become capitals (`2a` and `2A` are the same commune).
    package init(value: String, oid: String) {
        self.value = value.trimmingBlanks().uppercased()
        self.oid = oid.trimmingBlanks()
    }

    /// The register, or nil when the OID is none of the four (INS-C `.2`, social-security number `.13`, …).
    package var register: INSRegister? { INSRegister(rawValue: oid) }

    /// Whether the 15 characters have the shape of a matricule: sex or type, year, month (01-12, 20-99 when unknown), department
    /// (`2A` and `2B` for Corsica), commune, order, key.
    package var isWellFormed: Bool {
        let c = Array(value.utf8)
        guard c.count == 15, [0x31, 0x32, 0x33, 0x34, 0x37, 0x38].contains(c[0]) else { return false }
        for (i, byte) in c.enumerated() where i != 6 {
            guard byte.isDigit else { return false }
        }
        let month = Int(c[3] - 0x30) * 10 + Int(c[4] - 0x30)
        guard (1...12).contains(month) || month >= 20 else { return false }
        if c[6].isDigit { return true }
        return c[5] == 0x32 && (c[6] == 0x41 || c[6] == 0x42)
    }

    /// The key that the first 13 characters demand, 1 to 97; nil when they are not a matricule.
    /// `97 - (N mod 97)`, N being the number with `2A` read as 19 and `2B` as 18.
    package var expectedKey: Int? {
        let c = Array(value.utf8.prefix(13))
        guard c.count == 13 else { return nil }
        var number: UInt64 = 0
        var index = 0
        while index < 13 {
            if index == 5, c[5] == 0x32, c[6] == 0x41 || c[6] == 0x42 {
                number = number * 100 + (c[6] == 0x41 ? 19 : 18)
                index += 2
                continue
            }
            guard c[index].isDigit else { return nil }
            number = number * 10 + UInt64(c[index] - 0x30)
            index += 1
        }
        return 97 - Int(number % 97)
    }

    /// Whether the last two characters are the key of the thirteen before them. False for a malformed value.
    package var hasRightKey: Bool {
        guard isWellFormed, let expectedKey, let key = Int(value.suffix(2)) else { return false }
        return key == expectedKey
    }

    /// The mailbox of this patient in Mon espace santé: the matricule with its key at `patient.mssante.fr`.
    package var mailbox: String { "\(value)@patient.mssante.fr" }

    /// The identifier as XDS metadata and the VIHF write it, with type `NH` there whatever HL7v2 calls it: `…^^^&OID&ISO^NH`.
    package var xdsForm: String { "\(value)^^^&\(oid)&ISO^NH" }
}

extension UInt8 {
    /// Whether this byte is an ASCII digit.
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
}

extension String {
    /// This text without ASCII blanks, tabs and line ends at both ends.
    func trimmingBlanks() -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
        let bytes = utf8
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) }) else { return "" }
        if first == bytes.startIndex && bytes.index(after: last) == bytes.endIndex { return self }
        return String(self[first...last])
    }
}
