import ArgumentParser
import FoundationEssentials
import Glibc
import Pipeline

/// What the command line says: in the language of the person's locale, results to standard output, complaints to standard error.
enum Say {
    /// The language of LC_ALL, LC_MESSAGES or LANG, the first that is set.
    static let language: Language = {
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        return Language(locale: locale ?? "")
    }()

    /// A sentence in the person's language.
    static func text(fr: String, en: String) -> String { language == .fr ? fr : en }

    /// A line of the result.
    static func line(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }
    /// A line of the result, in both languages.
    static func line(fr: String, en: String) { line(text(fr: fr, en: en)) }
    /// Text of the result as it is.
    static func raw(_ text: String) { write(text, to: STDOUT_FILENO) }
    /// A complaint.
    static func complain(fr: String, en: String) { write("passerelle: " + text(fr: fr, en: en) + "\n", to: STDERR_FILENO) }
    /// Text of a complaint as it is.
    static func complain(raw: String) { write(raw, to: STDERR_FILENO) }

    /// A result as JSON, on one line.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    private static func write(_ text: String, to file: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}

extension ExitCode {
    /// Read and judged: something was found.
    static let findings = ExitCode(1)
    /// Could not be read, or nobody answered.
    static let cannotRead = ExitCode(2)
}

/// `--format`.
enum OutputFormat: String, ExpressibleByArgument { case text, json }

/// A help text in the language of the person.
func help(fr: String, en: String) -> ArgumentHelp { ArgumentHelp(Say.text(fr: fr, en: en)) }
