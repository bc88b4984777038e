import Clinical
import HL7v2

/// The texts of a mail: subject, file names, body. Référentiel socle MSSanté #2: ECO.2.1.3, ECO.2.1.6, ECO.2.2.3.
enum MailText {
    /// `XDM/1.0/DDM+label NOM prénom JJ/MM/AAAA`. Name and given name are ASCII by rule; identity is never taken from here.
    static func subject(_ request: DocumentRequest, _ headers: [CDAHeader], charset: MailSettings.SubjectCharset, tables: DMPTables) -> String {
        let label = headers.count == 1 ? label(headers[0], request, tables) : "\(headers.count) documents"
        let person = names(request)
        var words = [person.family, person.given].filter { !$0.isEmpty }
        if let day = request.patient.birthDay {
            let digits = Array(day)
            words.append("\(String(digits[6...7]))/\(String(digits[4...5]))/\(String(digits[0...3]))")
        }
        return "XDM/1.0/DDM+" + shown(cut(clean(label), 40), charset) + words.map { " " + $0 }.joined()
    }

    /// `AAAAMMJJ_type_NOM_prénom.pdf`, nothing but `[A-Za-z0-9._-]`; the number tells two files of one mail apart.
    static func fileName(_ header: CDAHeader, _ request: DocumentRequest, number: Int, of count: Int, tables: DMPTables) -> String {
        let person = names(request)
        let day = header.services.first?.low?.date ?? header.effectiveTime.date
        let label = cut(clean(label(header, request, tables)), 40)
        let words = [day, label, person.family, person.given] + (count > 1 ? [String(number)] : [])
        return words.map(fileWord).filter { !$0.isEmpty }.joined(separator: "_") + ".pdf"
    }

    /// CORPSMAIL decoded (UTF-8, else 8859-15), or the settings' text.
    static func body(_ content: ArraySlice<UInt8>?, default text: String) -> String {
        guard let content, !content.isEmpty, let bytes = try? Base64.decode(content, tolerant: true), !bytes.isEmpty else { return text }
        let decoded = String(validating: bytes, as: UTF8.self) ?? Charset.latin9.decode(bytes)
        let kept = decoded.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 || $0.value == 10 || $0.value == 13 || $0.value == 9 }
        return String(String.UnicodeScalarView(kept))
    }

    /// What is said beneath the body when a document comes without a readable copy.
    static let noReadableCopy =
        "\n\nLe document est joint sous sa seule forme structurée (archive IHE_XDM.zip), sans copie PDF : ouvrez-le dans un logiciel de santé.\n"

    /// Carriage returns, tabulations and controls become blanks, blanks collapse: nothing of the message can start a header.
    static func clean(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.value < 32 || (127...0x9F).contains($0.value) || $0.value == 0x2028 || $0.value == 0x2029 ? " " : $0 }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view).split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    private static func label(_ header: CDAHeader, _ request: DocumentRequest, _ tables: DMPTables) -> String {
        if !header.code.label.isEmpty { return header.code.label }
        if let known = tables.documentTypes.value("label", for: header.code.code), !known.isEmpty { return known }
        return request.documents.first?.code.label ?? header.title ?? "Document"
    }

    private static func names(_ request: DocumentRequest) -> (family: String, given: String) {
        let family = ASCIIText.transliterated(clean(request.patient.birthName)).uppercased()
        return (family, ASCIIText.transliterated(clean(request.patient.firstGivenName)))
    }

    /// On a boundary of what a reader takes for a character.
    private static func cut(_ text: String, _ count: Int) -> String {
        String(text.prefix(count)).split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    private static func shown(_ label: String, _ charset: MailSettings.SubjectCharset) -> String {
        guard charset == .rfc2047 else { return ASCIIText.transliterated(label) }
        var words = label.split(separator: " ").map(String.init)
        if let first = words.first { words[0] = ASCIIText.transliterated(first) }
        return words.joined(separator: " ")
    }

    private static func fileWord(_ text: String) -> String {
        var result = ""
        for scalar in ASCIIText.transliterated(text).unicodeScalars {
            let isKept = scalar.properties.isAlphabetic || (48...57).contains(scalar.value) || scalar == "." || scalar == "-"
            if isKept { result.unicodeScalars.append(scalar) } else if !result.hasSuffix("_") { result += "_" }
        }
        while result.hasSuffix("_") { result.removeLast() }
        while result.hasPrefix("_") || result.hasPrefix(".") { result.removeFirst() }
        return result
    }
}

/// Times as a mail's Date header writes them (RFC 5322 §3.3), in the legal time of metropolitan France.
enum MailDate {
    static func text(_ milliseconds: Int64) -> String {
        let seconds = milliseconds >= 0 ? milliseconds / 1000 : 0
        let offset = isSummer(seconds) ? 2 : 1
        let stamp = Array(Civil.stamp(seconds + Int64(offset) * 3600))
        func part(_ range: Range<Int>) -> String { String(stamp[range]) }
        let year = Int(part(0..<4)) ?? 1970, month = Int(part(4..<6)) ?? 1, day = Int(part(6..<8)) ?? 1
        let weekday = ((Civil.day(year, month, day) + 4) % 7 + 7) % 7  // 1970-01-01 was a Thursday
        let date = "\(days[weekday]), \(day) \(months[month - 1]) \(part(0..<4))"
        return "\(date) \(part(8..<10)):\(part(10..<12)):\(part(12..<14)) +0\(offset)00"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Directive 2000/84/EC: from the last Sunday of March to the last of October, changing at 01:00 UTC.
    private static func isSummer(_ seconds: Int64) -> Bool {
        let year = Int(Civil.stamp(seconds).prefix(4)) ?? 1970
        func change(_ month: Int) -> Int64 {
            let last = Civil.day(year, month, 31)
            return Int64(last - ((last + 4) % 7 + 7) % 7) * 86_400 + 3600
        }
        return seconds >= change(3) && seconds < change(10)
    }
}
