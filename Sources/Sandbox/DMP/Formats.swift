import HL7v2

/// The French formats of XDS metadata (dossier DMP §4.3): every empty component must be there, and empty.
enum Formats {
    /// `YYYY…SS` in UTC, 8 to 14 digits, no offset.
    static func isTime(_ text: String, digits: ClosedRange<Int> = 8...14) -> Bool {
        digits.contains(text.utf8.count) && text.utf8.count % 2 == 0 && text.utf8.allSatisfy(isDigit) && HL7Time(text) != nil
    }

    /// A dotted OID of at most 64 characters.
    static func isOID(_ text: String) -> Bool {
        guard text.utf8.count <= 64 else { return false }
        let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
        return arcs.count > 2 && arcs.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) && ($0 == "0" || $0.first != "0") }
            && "012".contains(text.prefix(1))
    }

    /// A document's uniqueId: an OID, or `OID^extension`.
    static func isUniqueID(_ text: String) -> Bool {
        let halves = text.split(separator: "^", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return isOID(halves[0]) && (halves.count == 1 || (!halves[1].isEmpty && halves[1].utf8.count <= 16))
    }

    /// `<INS>^^^&<OID>&ISO^NH`: the INS and the OID.
    static func ins(_ text: String) -> (ins: String, root: String)? {
        guard let (id, root, type) = cx(text), type == "NH", id.utf8.count == 15 else { return nil }
        return (id, root)
    }

    /// `<id>^^^&<OID>&ISO^<type>`.
    static func cx(_ text: String) -> (id: String, root: String, type: String)? {
        let parts = components(text)
        guard parts.count == 5, !parts[0].isEmpty, parts[1].isEmpty, parts[2].isEmpty, !parts[4].isEmpty, let root = authority(parts[3]) else { return nil }
        return (parts[0], root, parts[4])
    }

    /// A person, software or device: XCN.
    static func isXCN(_ text: String) -> Bool {
        let parts = components(text)
        guard parts.count == 13, !parts[0].isEmpty, !parts[1].isEmpty else { return false }
        guard [3, 4, 5, 6, 7, 10, 11].allSatisfy({ parts[$0].isEmpty }), authority(parts[8]) != nil else { return false }
        let person = ["D": ["IDNPS", "EI", "NH"], "U": ["RI"], "L": ["IDNPS", "EI", "NH"]][parts[9]] ?? []
        return person.contains(parts[12])
    }

    /// An institution: XON. Its identifier, nil when the shape is wrong.
    static func xon(_ text: String) -> String? {
        let parts = components(text)
        guard parts.count == 10, !parts[0].isEmpty, [1, 2, 3, 4, 7, 8].allSatisfy({ parts[$0].isEmpty }), authority(parts[5]) != nil else { return nil }
        guard ["IDNST", "FINEJ", "FINEG", "EI", "SIREN"].contains(parts[6]), !parts[9].isEmpty else { return nil }
        return parts[9]
    }

    /// `code^label^OID`.
    static func isCoded(_ text: String) -> Bool {
        let parts = components(text)
        return parts.count == 3 && parts.allSatisfy { !$0.isEmpty } && isOID(parts[2])
    }

    /// Struct_IdNat: one digit, then an identifier.
    static func isStructure(_ text: String) -> Bool {
        text.utf8.count >= 9 && text.utf8.first.map { (0x30...0x35).contains($0) } ?? false
            && text.utf8.allSatisfy { isDigit($0) || (0x41...0x5A).contains($0) }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func components(_ text: String) -> [String] { text.split(separator: "^", omittingEmptySubsequences: false).map(String.init) }

    /// `&OID&ISO`.
    private static func authority(_ text: String) -> String? {
        let parts = text.split(separator: "&", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 3 && parts[0].isEmpty && parts[2] == "ISO" && isOID(parts[1]) ? parts[1] : nil
    }

    /// ISO 8601 UTC (`2026-03-02T09:15:00.000Z`) to seconds since 1970.
    static func instant(_ text: String) -> Int64? {
        guard text.hasSuffix("Z"), text.utf8.count >= 20 else { return nil }
        let digits = text.utf8.prefix(19).filter(isDigit)
        let marks = text.utf8.prefix(19).filter { !isDigit($0) }
        guard digits.count == 14, marks.elementsEqual("--T::".utf8), let time = HL7Time(String(decoding: digits, as: UTF8.self)) else { return nil }
        return time.milliseconds() / 1000
    }
}
