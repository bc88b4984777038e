/// Why an XDM archive cannot be written or must not be read.
package struct XDMError: Error, Sendable, Equatable {
    /// What is wrong.
    package enum Fault: String, Sendable {
        /// Larger than the limits, or than ZIP without its 64-bit extension.
        case tooLarge
        /// Not a ZIP archive, or one that contradicts itself.
        case damaged
        /// Encrypted, or packed by a method that is not deflate.
        case unsupported
        /// Two entries of one name, entries that overlap, links: two readers would see two archives.
        case ambiguous
        /// More bytes inflate than the ratio allows.
        case bomb
        /// A name that leaves the archive, or cannot stand in one.
        case badName
        /// No METADATA.XML.
        case noMetadata
    }

    package let fault: Fault
    /// The entry or the structure it concerns.
    package let place: String

    package init(_ fault: Fault, at place: String) {
        self.fault = fault
        self.place = place
    }
}
