/// The parsed form of a body; opaque to the pipeline. For `hl7v2` it is the `HL7Message`, for `mail` what the mail connector reads.
package typealias Content = Sendable

/// How a kind of body is read: the one place where the pipeline meets HL7v2, CDA or mail. Handed in by the composition root.
package protocol Format: Sendable {
    /// `hl7v2`, `mail`, `bytes`.
    var name: String { get }
    /// Parses a body.
    func read(_ bytes: [UInt8]) throws(Reason) -> any Content
    /// Compiles a path of this format, or explains why it is none.
    func path(_ text: String) throws(PathError) -> any ContentPath
    /// Sets a field: the body with `value` at `path`, and what `read` makes of it.
    func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content)
    /// The delivery report that this body is, if it is one.
    func report(in content: any Content) -> CarriedReport?
    /// Words by which routes are found fast: for HL7v2 (MSH-9.1, MSH-9.2). Empty: none.
    func index(of content: any Content) -> [String]
    /// The paths that `index` gives the words of, as routes write them: for HL7v2 `MSH-9.1`, `MSH-9.2`.
    var indexPaths: [String] { get }
    /// Whether a message may have this word at an index path.
    func isPossible(_ word: String, at path: String) -> Bool
}

extension Format {
    package func report(in content: any Content) -> CarriedReport? { nil }
    package func index(of content: any Content) -> [String] { [] }
    package var indexPaths: [String] { [] }
    package func isPossible(_ word: String, at path: String) -> Bool { true }
}

/// A compiled path.
package protocol ContentPath: Sendable {
    /// Every value at the path, decoded.
    func values(in content: any Content) -> [String]
}

/// A path that cannot be read.
package struct PathError: Error, Sendable {
    package let text: Text
    /// Offset in the path's text.
    package let offset: Int

    /// An error.
    package init(_ text: Text, offset: Int) { (self.text, self.offset) = (text, offset) }
}

/// A report found in a message: the tokens name the delivery.
package struct CarriedReport: Sendable {
    /// In the order to try: ENVID, then Message-ID.
    package let tokens: [Token]
    package let report: Report

    /// A carried report.
    package init(tokens: [Token], report: Report) { (self.tokens, self.report) = (tokens, report) }
}

/// A message with its content parsed.
package struct Reading: Sendable {
    package let message: Message
    package let content: any Content
    package let bytes: [UInt8]

    /// A reading.
    package init(message: Message, content: any Content, bytes: [UInt8]) { (self.message, self.content, self.bytes) = (message, content, bytes) }
}

/// What a route's steps work on.
package struct Draft: Sendable {
    /// The message as received.
    package let message: Message
    /// Its content; a step that rewrites the bytes parses them again.
    package var content: any Content
    package var bytes: [UInt8]
    /// True once a step changed the bytes.
    package var isRewritten = false
    /// Facts.
    package var notes: Notes = [:]
    /// Names by which reports and replacements find the deliveries: the documents' uniqueIds.
    package var tokens: [Token] = []
    /// Documents that are replaced or deleted.
    package var replaces: [Token] = []
    /// Facts by which a person finds the message.
    package var search: [Token] = []
    package let format: any Format

    /// A draft of a message.
    package init(_ reading: Reading, format: any Format) {
        (message, content, bytes, self.format) = (reading.message, reading.content, reading.bytes, format)
    }
}
