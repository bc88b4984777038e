import Clinical
import France
import FoundationEssentials
import HL7v2
import Testing

/// A composed request of Tests/Fixtures/messages that a test bends in one place.
struct RequestFixture {
    private(set) var bytes: [UInt8]

    struct Missing: Error { let what: String }

    init(_ name: String) throws { bytes = try RequestFixture.file("Tests/Fixtures/messages/\(name).hl7") }

    var message: HL7Message { get throws { try HL7Message(bytes) } }

    /// Writes a value at a path.
    mutating func set(_ path: String, _ value: String) throws { bytes = try message.setting(HL7Path(parsing: path), to: value).bytes }

    /// Removes the segments that `matches`, given as their text.
    mutating func remove(_ matches: (String) -> Bool) throws {
        let kept = lines.filter { !matches($0) }
        guard kept.count < lines.count else { throw Missing(what: "no segment to remove") }
        write(kept)
    }

    /// Replaces text in the whole message, once at least.
    mutating func replace(_ text: String, _ other: String) throws {
        var touched = false
        write(
            lines.map { line in
                guard line.contains(text) else { return line }
                touched = true
                return line.replacing(text, with: other)
            })
        if !touched { throw Missing(what: text) }
    }

    /// Writes `e` for every byte that is not ASCII.
    mutating func foldToASCII() throws { bytes = bytes.map { $0 < 0x80 ? $0 : UInt8(ascii: "e") } }

    /// Puts a segment after the last one that begins with `prefix`.
    mutating func insert(_ segment: String, after prefix: String) throws {
        var all = lines
        guard let place = all.lastIndex(where: { $0.hasPrefix(prefix) }) else { throw Missing(what: prefix) }
        all.insert(segment, at: place + 1)
        write(all)
    }

    /// Changes the raw text of a field of the one segment that begins with `prefix`.
    mutating func field(_ prefix: String, _ number: Int, _ change: (String) -> String) throws {
        var all = lines
        guard let place = all.firstIndex(where: { $0.hasPrefix(prefix) }) else { throw Missing(what: prefix) }
        var fields = all[place].split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard number < fields.count else { throw Missing(what: "field \(number) of \(prefix)") }
        fields[number] = change(fields[number])
        all[place] = fields.joined(separator: "|")
        write(all)
    }

    /// Answers a metadata question.
    mutating func answer(_ code: MetadataCode, _ value: String) throws { try set("OBX[3.1=\(code.rawValue)]-5.1", value) }

    /// Changes text of the first document, and encodes it again.
    mutating func document(_ text: String, _ other: String) throws {
        try document { old in
            guard old.contains(text) else { throw Missing(what: text) }
            return Array(old.replacing(text, with: other).utf8)
        }
    }

    /// Writes the bytes made of the first document's text in its place.
    mutating func document(_ write: (String) throws -> [UInt8]) throws {
        let request = DocumentRequest(try message)
        guard let first = request.documents.first else { throw Missing(what: "document") }
        let bytes = try write(String(decoding: try first.decoded(), as: UTF8.self))
        try set("OBX[\(first.ordinal)]-5.5", String(decoding: Base64.encode(bytes), as: UTF8.self))
    }

    /// Puts lines before the root of the first document.
    mutating func prolog(_ text: String) throws { try document("<ClinicalDocument ", "\(text)\n<ClinicalDocument ") }

    private var lines: [String] { String(decoding: bytes, as: UTF8.self).split(separator: "\r").map(String.init) }
    private mutating func write(_ lines: [String]) { bytes = Array(lines.map { $0 + "\r" }.joined().utf8) }

    /// A file of the repository.
    static func file(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: root + "/" + path) else { throw Missing(what: path) }
        return Array(data)
    }

    static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
}

/// One row of a table of the control: a request bent in one place, and the errors that it demands (`207 PID-3.1`), no more, no fewer.
struct ControlCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let base: String
    let errors: [String]
    let settings: @Sendable (inout ControlSettings) -> Void
    let bend: @Sendable (inout RequestFixture) throws -> Void

    init(_ name: String, _ base: String, _ errors: [String] = [], bend: @escaping @Sendable (inout RequestFixture) throws -> Void = { _ in }) {
        self.init(name, base, errors, settings: { _ in }, bend: bend)
    }

    init(
        _ name: String, _ base: String, _ errors: [String] = [], settings: @escaping @Sendable (inout ControlSettings) -> Void,
        bend: @escaping @Sendable (inout RequestFixture) throws -> Void
    ) {
        (testDescription, self.base, self.errors) = (name, base, errors)
        (self.settings, self.bend) = (settings, bend)
    }

    /// Every finding for this row.
    func findings() throws -> [HL7Finding] {
        var fixture = try RequestFixture(base)
        try bend(&fixture)
        var settings = ControlSettings(environment: .test)
        self.settings(&settings)
        return RequestControl.findings(message: try fixture.message, settings: settings)
    }

    /// Checks this row.
    func check() throws {
        let found = try findings()
        let errors = found.filter { $0.severity == .error }.map { "\($0.code) \($0.location?.description ?? "")" }
        #expect(errors == self.errors, "\(testDescription): \(found.map(\.text.en))")
        for finding in found { #expect(!finding.text.fr.isEmpty && !finding.text.en.isEmpty) }
    }
}
