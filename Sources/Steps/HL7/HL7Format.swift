package import HL7v2
package import Pipeline

/// How the pipeline reads HL7v2: the content is the indexed `HL7Message`.
package struct HL7Format: Format {
    /// The format.
    package init() {}

    package var name: String { "hl7v2" }

    package func read(_ bytes: [UInt8]) throws(Reason) -> any Content {
        do {
            return try HL7Message(bytes)
        } catch {
            throw Finding(error.finding).reason
        }
    }

    package func path(_ text: String) throws(PathError) -> any ContentPath {
        do {
            return HL7ContentPath(path: try HL7Path(parsing: text))
        } catch {
            throw PathError(Text(fr: error.expected.fr, en: error.expected.en), offset: error.offset)
        }
    }

    package func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
        guard let path = path as? HL7ContentPath, let message = content as? HL7Message else {
            throw Reason("102", Text(fr: "Ce contenu n'est pas un message HL7v2", en: "This content is not an HL7v2 message"))
        }
        do {
            let edited = try message.setting(path.path, to: value)
            return (edited.bytes, edited)
        } catch {
            throw Finding(error.finding).reason
        }
    }

    package var indexPaths: [String] { ["MSH-9.1", "MSH-9.2"] }

    /// Message types and events are capitals and digits.
    package func isPossible(_ word: String, at path: String) -> Bool { !word.utf8.contains { (0x61...0x7A).contains($0) } }

    package func index(of content: any Content) -> [String] {
        guard let message = content as? HL7Message else { return [] }
        return [message[Self.type], message[Self.event]]
    }
    private static let type: HL7Path = "MSH-9.1", event: HL7Path = "MSH-9.2"
}

/// A compiled path of HL7v2: `PID-3[CX.5=INS].1`.
package struct HL7ContentPath: ContentPath {
    package let path: HL7Path

    package func values(in content: any Content) -> [String] { (content as? HL7Message)?.values(path) ?? [] }
}
