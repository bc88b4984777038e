import XMLTree

/// Who made an archive: for INDEX.HTM and README.TXT, which name the source and its product and never the patient (IHE ITI-32).
package struct XDMSource: Sendable, Hashable {
    /// Name, national identifier and contact of the institution.
    package var institution: String, identifier: String, contact: String
    /// Name and version of the product, and who makes it.
    package var product: String, version: String, vendor: String

    package init(institution: String, identifier: String, contact: String, product: String, version: String, vendor: String) {
        (self.institution, self.identifier, self.contact) = (institution, identifier, contact)
        (self.product, self.version, self.vendor) = (product, version, vendor)
    }
}

/// Writes `IHE_XDM.zip` (IHE ITI-32, Distribute Document Set on Media): INDEX.HTM, README.TXT and one submission set, names in 8.3.
/// The same input always gives the same bytes.
package enum XDMArchive {
    /// The file of the n-th document, from 1: `DOC00001.XML`.
    package static func documentName(_ number: Int) -> String {
        let digits = String(number)
        return "DOC" + String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits + ".XML"
    }

    /// The directory of the submission set.
    package static let directory = "IHE_XDM/SUBSET01/"

    /// The archive.
    /// - Parameters:
    ///   - metadata: METADATA.XML.
    ///   - documents: byte for byte, in the order of their entries; their names are `documentName(1…)`.
    ///   - stamp: `YYYYMMDDHHMMSS`, the date of every file: never "now".
    package static func bytes(source: XDMSource, metadata: [UInt8], documents: [[UInt8]], stamp: String) throws(XDMError) -> [UInt8] {
        guard (1...99_999).contains(documents.count) else { throw XDMError(.tooLarge, at: "documents") }
        let names = (1...documents.count).map(documentName)
        var zip = ZipWriter(stamp: stamp)
        try zip.file("INDEX.HTM", index(source, names))
        try zip.file("README.TXT", readMe(source, names))
        try zip.directory("IHE_XDM/")
        try zip.directory(directory)
        try zip.file(directory + "METADATA.XML", metadata)
        for (name, document) in Swift.zip(names, documents) { try zip.file(directory + name, document) }
        return zip.finish()
    }

    /// Valid XHTML Basic 1.1, no script, nothing remote, nobody's name but the institution's.
    private static func index(_ source: XDMSource, _ names: [String]) -> [UInt8] {
        var writer = XMLWriter()
        writer.raw(Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8))
        writer.raw(Array("<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML Basic 1.1//EN\" \"http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd\">\n".utf8))
        writer.open("html", ["xmlns": "http://www.w3.org/1999/xhtml", "xml:lang": "fr"])
        writer.open("head")
        writer.element("title", text: "IHE_XDM")
        writer.close()
        writer.open("body")
        writer.element("p", text: "Emetteur : \(source.institution) (\(source.identifier))")
        writer.open("p")
        writer.element("a", ["href": "README.TXT"], text: "README.TXT")
        writer.close()
        writer.open("ul")
        for name in names {
            writer.open("li")
            writer.element("a", ["href": directory + name], text: name)
            writer.close()
        }
        writer.close()
        writer.close()
        writer.close()
        return writer.bytes + [10]
    }

    /// ASCII, CRLF, at most 80 columns.
    private static func readMe(_ source: XDMSource, _ names: [String]) -> [UInt8] {
        let listed = names.count > 3 ? [names[0], "...", names[names.count - 1]] : names
        let lines =
            [
                "Emetteur :", "==========", "    . Nom : \(source.institution)", "    . Organisme : \(source.institution) (\(source.identifier))",
                "    . Contact : \(source.contact)", "", "Application de l'emetteur :", "===========================", "    . Nom : \(source.product)",
                "    . Version : \(source.version)", "    . Editeur : \(source.vendor)", "", "Instructions :", "==============",
                "    . Ouvrez ces documents dans votre logiciel de sante.", "", "Arborescence :", "==============", "    README.TXT", "    INDEX.HTM",
                "    IHE_XDM", "      SUBSET01", "        METADATA.XML",
            ] + listed.map { "        \($0)" }
        let text = lines.map { line in
            let plain = ASCIIText.transliterated(line).unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : String($0) }.joined()
            return String(plain.prefix(80)) + "\r\n"
        }
        return Array(text.joined().utf8)
    }
}
