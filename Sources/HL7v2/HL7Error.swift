/// Why bytes are not a message, or an edit cannot be made. Each gives what an ERR segment needs.
package enum HL7Error: Error, Sendable, Hashable {
    /// The bytes do not begin with `MSH`.
    case noMSH
    /// MSH-1 or MSH-2 cannot be delimiters.
    case badDelimiters
    /// More bytes than the limit (in bytes).
    case tooLarge(limit: Int)
    /// More segments or delimiters than the limit.
    case tooMany(limit: Int)
    /// A line after this segment does not begin with a segment name.
    case badSegment(after: HL7Location)
    /// MSH-18 names a character set that is not read here.
    case unsupportedCharset
    /// Bytes that do not exist in the character set of MSH-18.
    case badCharset(at: HL7Location)
    /// A text that the character set or the delimiters of the message cannot carry.
    case unencodable(at: HL7Location)
    /// An edit names a segment or a repetition that is not there.
    case noSuchPlace(HL7Location)
    /// An edit of MSH-1 or MSH-2.
    case notEditable(HL7Location)

    /// The code of HL7 table 0357 (with the French addition 198).
    package var code: Int {
        switch self {
        case .noMSH, .badDelimiters, .badSegment: 100
        case .tooLarge, .tooMany, .notEditable: 199
        case .unsupportedCharset: 103
        case .badCharset, .unencodable: 102
        case .noSuchPlace: 101
        }
    }

    /// Where, for ERR-2; nil when nothing of the message could be read.
    package var location: HL7Location? {
        switch self {
        case .noMSH, .tooLarge, .tooMany: nil
        case .badDelimiters: HL7Location("MSH", field: 2)
        case .unsupportedCharset: HL7Location("MSH", field: 18)
        case .badSegment(let place), .badCharset(let place), .unencodable(let place), .noSuchPlace(let place), .notEditable(let place): place
        }
    }

    /// A fixed sentence for people, without any value of the message.
    package var text: HL7Text {
        switch self {
        case .noMSH: HL7Text(fr: "Le message ne commence pas par un segment MSH", en: "The message does not begin with an MSH segment")
        case .badDelimiters: HL7Text(fr: "Séparateurs MSH-1 et MSH-2 illisibles", en: "The delimiters of MSH-1 and MSH-2 cannot be read")
        case .tooLarge(let limit):
            HL7Text(fr: "Message trop grand (limite : \(limit) octets)", en: "Message too large (limit: \(limit) bytes)")
        case .tooMany(let limit):
            HL7Text(fr: "Trop de segments ou de séparateurs (limite : \(limit))", en: "Too many segments or delimiters (limit: \(limit))")
        case .badSegment(let place):
            HL7Text(fr: "Ligne sans nom de segment après \(place)", en: "Line without a segment name after \(place)")
        case .unsupportedCharset:
            HL7Text(fr: "Jeu de caractères MSH-18 non pris en charge", en: "The character set of MSH-18 is not supported")
        case .badCharset(let place):
            HL7Text(fr: "Octets étrangers au jeu de caractères annoncé en MSH-18, en \(place)", en: "Bytes outside the character set of MSH-18, at \(place)")
        case .unencodable(let place):
            HL7Text(fr: "Texte impossible à écrire dans le jeu de caractères du message, en \(place)", en: "Text that the message cannot carry, at \(place)")
        case .noSuchPlace(let place): HL7Text(fr: "\(place) n'existe pas dans le message", en: "\(place) does not exist in the message")
        case .notEditable(let place): HL7Text(fr: "\(place) ne peut pas être modifié", en: "\(place) cannot be changed")
        }
    }

    /// The same as a finding, ready for an ERR segment.
    package var finding: HL7Finding { HL7Finding(severity: .error, code: code, location: location, text: text) }
}

/// What was odd about a message but did not stop its reading.
package enum HL7Warning: Sendable, Hashable {
    /// MSH-18 is empty: the bytes were taken as this character set.
    case charsetAbsent(read: Charset)
    /// MSH-18 names no character set that is read here, but every byte is ASCII.
    case charsetUnknown
    /// A byte order mark before MSH was skipped.
    case byteOrderMark
    /// A line break inside a field was taken as part of it (Base64 cut into lines).
    case lineBreakInField(HL7Location)

    /// A fixed sentence for people.
    package var text: HL7Text {
        switch self {
        case .charsetAbsent(let charset):
            HL7Text(fr: "MSH-18 absent : lu comme \(charset.rawValue)", en: "MSH-18 absent: read as \(charset.rawValue)")
        case .charsetUnknown:
            HL7Text(
                fr: "MSH-18 ne nomme pas un jeu de caractères connu ; tout est ASCII", en: "MSH-18 names no character set known here; all is ASCII")
        case .byteOrderMark: HL7Text(fr: "Marque d'ordre des octets (BOM) ignorée", en: "Byte order mark ignored")
        case .lineBreakInField(let place): HL7Text(fr: "Saut de ligne à l'intérieur de \(place)", en: "Line break inside \(place)")
        }
    }
}
