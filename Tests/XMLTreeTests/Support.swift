import Testing
import XMLTree

/// The error that parsing this text gives.
func refusal(_ text: String, _ limits: XMLLimits = .standard, eliding: Bool = false) -> XMLError? {
    do throws(XMLError) {
        _ = try XMLDocument(parsing: Array(text.utf8), limits: limits, eliding: eliding)
        return nil
    } catch {
        return error
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Where the fixtures of the repository are.
func fixture(_ path: String, _ here: String = #filePath) -> String {
    here.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/" + path
}
