/// Check digits and shapes of the identifiers of the national directories (Annuaire Santé, FINESS, SIRENE).
///
/// Official samples carry wrong check digits: a wrong one is a warning in a test environment, a setting in production, and
/// never by itself a reason to lose a document.
package enum DirectoryIdentifier {
    /// Luhn's check over a text of digits: from the right every second digit is doubled, less 9 above 9; the sum is a multiple of 10.
    package static func passesLuhn(_ digits: String) -> Bool {
        var sum = 0
        var double = false
        for byte in digits.utf8.reversed() {
            guard byte.isDigit else { return false }
            var digit = Int(byte - 0x30)
            if double {
                digit *= 2
                if digit > 9 { digit -= 9 }
            }
            sum += digit
            double.toggle()
        }
        return !digits.isEmpty && sum % 10 == 0
    }

    /// RPPS number of a professional: 11 digits, Luhn.
    package static func isRPPS(_ text: String) -> Bool { text.utf8.count == 11 && passesLuhn(text) }

    /// ADELI number: 9 characters. No public rule is known for its key: the shape alone is looked at.
    package static func isADELI(_ text: String) -> Bool {
        text.utf8.count == 9 && text.utf8.allSatisfy { $0.isDigit || $0 == 0x41 || $0 == 0x42 }
    }

    /// FINESS number of a legal entity or of a site: 9 characters, Luhn, `2A` read as 21 and `2B` as 22.
    package static func isFINESS(_ text: String) -> Bool {
        var bytes = Array(text.utf8)
        guard bytes.count == 9 else { return false }
        if bytes[0] == 0x32, bytes[1] == 0x41 || bytes[1] == 0x42 { bytes[1] -= 0x10 }
        return passesLuhn(String(decoding: bytes, as: UTF8.self))
    }

    /// SIRET number of an establishment: 14 digits, Luhn.
    package static func isSIRET(_ text: String) -> Bool { text.utf8.count == 14 && passesLuhn(text) }

    /// SIREN number of an enterprise: 9 digits, Luhn.
    package static func isSIREN(_ text: String) -> Bool { text.utf8.count == 9 && passesLuhn(text) }

    /// National identifier of a structure (`IDNST`): 1 + FINESS, 2 + SIREN, 3 + SIRET, 5 + FINESS of the legal entity;
    /// 0 and 4 + practice number, whose inner rule is not looked at.
    package static func isNationalStructure(_ text: String) -> Bool {
        let inner = String(text.dropFirst())
        return switch text.utf8.first {
        case 0x31, 0x35: isFINESS(inner)
        case 0x32: isSIREN(inner)
        case 0x33: isSIRET(inner)
        case 0x30, 0x34: inner.utf8.count >= 9
        default: false
        }
    }

    /// National identifier of a professional (`IDNPS`): 8 + RPPS, 0 + ADELI, or a structure's number, `/` and an internal number.
    package static func isNationalPerson(_ text: String) -> Bool {
        let inner = String(text.dropFirst())
        if let slash = inner.utf8.firstIndex(of: 0x2F) {
            let structure = String(inner[inner.startIndex..<slash])
            let rest = inner[slash...].dropFirst()
            return !rest.isEmpty
                && (text.utf8.first == 0x33 ? isFINESS(structure) : text.utf8.first == 0x35 ? isSIRET(structure) : structure.utf8.count >= 9)
        }
        return switch text.utf8.first {
        case 0x38: isRPPS(inner)
        case 0x30: isADELI(inner)
        default: false
        }
    }

    /// The national form of a structure's identifier written in a message: a bare FINESS becomes 1 + FINESS, a SIRET 3 + SIRET;
    /// a number that is national already (ten characters that begin with its type digit) stays.
    /// - Parameter type: XON-7 (`IDNST`, `FINEG`, `FINEJ`…), which official samples sometimes write wrong: the length decides.
    package static func nationalStructure(_ identifier: String, type: String) -> String {
        let text = identifier.trimmingBlanks()
        switch text.utf8.count {
        case 9: return "1" + text
        case 14: return "3" + text
        default: return text
        }
    }

    /// The national form of a professional's identifier: an RPPS of 11 digits becomes 8 + RPPS, an ADELI of 9 becomes 0 + ADELI.
    package static func nationalPerson(_ identifier: String, type: String) -> String {
        let text = identifier.trimmingBlanks()
        if text.utf8.contains(0x2F) { return text }
        switch (type.uppercased(), text.utf8.count) {
        case ("RPPS", 11), ("", 11): return "8" + text
        case ("ADELI", 9), ("", 9): return "0" + text
        default: return text
        }
    }
}
