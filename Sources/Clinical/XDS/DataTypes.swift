/// HL7 data types as XDS metadata carry them: text with `^` and `&`, where empty components must be kept exactly.
/// Source: IHE ITI TF-3 §4.2.3.1.7, and the French formats of CI-SIS.
package enum XDSText {
    /// The text with HL7 delimiters escaped, so that a name cannot add a component.
    package static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { special($0) }) else { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "|": out += "\\F\\"
            case "^": out += "\\S\\"
            case "&": out += "\\T\\"
            case "~": out += "\\R\\"
            case "\\": out += "\\E\\"
            case "\r", "\n", "\t": out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func special(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "&"), UInt8(ascii: "~"), UInt8(ascii: "\\"), 9, 10, 13: true
        default: false
        }
    }
}

/// An identifier with its authority: `id^^^&oid&ISO^type`.
package struct CX: Sendable, Hashable {
    /// The identifier.
    package var id: String
    /// OID of the assigning authority.
    package var authority: String
    /// `NH`, `PI`…; nil when there is none.
    package var type: String?

    /// An identifier and its authority.
    package init(_ id: String, authority: String, type: String?) {
        self.id = id
        self.authority = authority
        self.type = type
    }

    /// The text of the data type.
    package var text: String {
        let start = "\(XDSText.escaped(id))^^^&\(XDSText.escaped(authority))&ISO"
        return type.map { "\(start)^\($0)" } ?? start
    }
}

/// A person, or a device in a person's place: `id^family^given^^^^^^&oid&ISO^nameType^^^idType`.
package struct XCN: Sendable, Hashable {
    /// The identifier.
    package var id: String
    /// Family name, or the name of the system.
    package var family: String
    /// Given name, or the model of the system.
    package var given: String
    /// OID of the assigning authority.
    package var authority: String
    /// `D` for a person, `U` for a device.
    package var nameType: String
    /// `IDNPS`, `EI`, `RI`, `NH`.
    package var idType: String

    /// A person or device.
    package init(id: String, family: String, given: String, authority: String, nameType: String, idType: String) {
        self.id = id
        self.family = family
        self.given = given
        self.authority = authority
        self.nameType = nameType
        self.idType = idType
    }

    /// The text of the data type.
    package var text: String {
        "\(XDSText.escaped(id))^\(XDSText.escaped(family))^\(XDSText.escaped(given))^^^^^^&\(XDSText.escaped(authority))&ISO^\(nameType)^^^\(idType)"
    }
}

/// An organisation: `name^^^^^&oid&ISO^type^^^id`.
package struct XON: Sendable, Hashable {
    /// The name of the organisation.
    package var name: String
    /// OID of the assigning authority; nil, with no identifier either, for a name alone.
    package var authority: String?
    /// `IDNST`, `FINEG`…
    package var type: String?
    /// The identifier; nil for a name alone.
    package var id: String?

    /// An organisation.
    package init(name: String, authority: String?, type: String?, id: String?) {
        self.name = name
        self.authority = authority
        self.type = type
        self.id = id
    }

    /// The text of the data type.
    package var text: String {
        guard let id, let authority else { return XDSText.escaped(name) }
        return "\(XDSText.escaped(name))^^^^^&\(XDSText.escaped(authority))&ISO^\(type ?? "")^^^\(XDSText.escaped(id))"
    }
}
