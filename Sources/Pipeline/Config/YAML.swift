import Yams

/// Reads YAML into `Node`: the text of scalars as written, with the place of every key and value. YAML's own typing is never asked
/// (`NO`, `ON`, `08` and `1.10` are HL7 codes and OIDs here); anchors, aliases, tags, double keys and several documents are refused.
enum YAML {
    /// Longer files are refused, in bytes.
    static let longest = 1_000_000
    /// Deeper nesting is refused.
    static let deepest = 32

    /// The tree of one file, or nil with the diagnostics that say why; the text goes to `sources` as far as it can be shown.
    static func read(_ bytes: [UInt8], file: String, sources: inout SourceTexts) -> (node: Node?, diagnostics: [Diagnostic]) {
        let whole = Place(file: file)
        guard bytes.count <= longest else { return (nil, [.tooLarge(bytes.count, limit: longest, at: whole)]) }
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        guard let text = String(validating: content, as: UTF8.self) else { return (nil, [.notUTF8(at: place(ofBadByteIn: content, file: file))]) }
        sources.add(text, file: file)
        if let place = tooDeep(text, file: file) { return (nil, [.tooDeep(limit: deepest, at: place)]) }
        do {
            guard let root = try Yams.Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else { return (nil, [.emptyFile(at: whole)]) }
            var converter = Converter(file: file, sources: sources)
            let node = converter.node(root, depth: 0)
            return converter.diagnostics.isEmpty ? (node, []) : (nil, converter.diagnostics)
        } catch {
            return (nil, [diagnostic(error, file: file)])
        }
    }

    /// Where the first character that is not UTF-8 stands.
    private static func place(ofBadByteIn content: ArraySlice<UInt8>, file: String) -> Place {
        var decoder = UTF8(), bytes = content.makeIterator(), line = 1, column = 1
        while case .scalarValue(let scalar) = decoder.decode(&bytes) {
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return Place(file: file, line: line, column: column)
    }

    /// Nesting so deep that it could exhaust the parser's stack. Counts brackets and dashes as they stand: far above any real file.
    private static func tooDeep(_ text: String, file: String) -> Place? {
        var depth = 0, line = 1, column = 0, dashes = 0, indented = true
        for byte in text.utf8 {
            column += 1
            switch byte {
            case 0x0A: (line, column, dashes, indented) = (line + 1, 0, 0, true)
            case 0x5B, 0x7B: (depth, indented) = (depth + 1, false)
            case 0x5D, 0x7D: (depth, indented) = (max(0, depth - 1), false)
            case 0x2D, 0x3F: if indented { dashes += 1 }
            case 0x20: break
            default: indented = false
            }
            if depth > 2 * deepest || dashes > 2 * deepest && column < 4 * dashes { return Place(file: file, line: line, column: column) }
        }
        return nil
    }

    private static func diagnostic(_ error: any Error, file: String) -> Diagnostic {
        func place(_ mark: Mark) -> Place { Place(file: file, line: mark.line, column: mark.column) }
        switch error as? YamlError {
        case .scanner(let context?, let problem, _, _)? where problem.contains("end of stream"): return .badYAML(problem, at: place(context.mark))
        case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?: return .badYAML(problem, at: place(mark))
        case .composer(_, let problem, let mark, _)?:
            return problem.contains("another document") ? .manyDocuments(at: place(mark)) : .anchor(at: place(mark))
        case .duplicatedKeysInMapping(let keys, let context)?: return .duplicateKey(keys.first ?? "", at: place(context.mark))
        default: return .badYAML("", at: Place(file: file))
        }
    }

    private struct Converter {
        let file: String
        let sources: SourceTexts
        var diagnostics: [Diagnostic] = []

        mutating func node(_ yaml: Yams.Node, depth: Int) -> Node {
            let place = place(yaml)
            guard depth <= deepest else { return refuse(.tooDeep(limit: deepest, at: place)) }
            // A node that has an anchor or a tag begins with it. An alias shows the node that it repeats: refused there, and not entered.
            switch sources.scalar(at: place) {
            case "&": return refuse(.anchor(at: place))
            case "!": return refuse(.tag(at: place))
            default: break
            }
            switch yaml {
            case .scalar(let scalar): return .text(scalar.string, place)
            case .sequence(let items): return .list(items.map { node($0, depth: depth + 1) }, place)
            case .mapping(let pairs): return .map(pairs.map { pair($0.key, $0.value, depth) }, place)
            case .alias: return refuse(.anchor(at: place))
            }
        }

        private mutating func pair(_ key: Yams.Node, _ value: Yams.Node, _ depth: Int) -> (key: String, keyPlace: Place, value: Node) {
            let keyPlace = place(key)
            guard case .text(let text, _) = node(key, depth: depth + 1) else {
                _ = refuse(.keyIsNoText(at: keyPlace))
                return ("", keyPlace, .text("", keyPlace))
            }
            if text == "<<" { _ = refuse(.anchor(at: keyPlace)) }
            return (text, keyPlace, node(value, depth: depth + 1))
        }

        private func place(_ node: Yams.Node) -> Place { node.mark.map { Place(file: file, line: $0.line, column: $0.column) } ?? Place(file: file) }

        private mutating func refuse(_ diagnostic: Diagnostic) -> Node {
            if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
            return .text("", diagnostic.place)
        }
    }
}
