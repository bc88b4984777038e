import CLibXML2

extension XMLElement {
    /// The first element that the expression selects, from this element; nil when none, or when the expression is wrong.
    package func first(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> XMLElement? { all(xpath, namespaces).first }

    /// The elements that the expression selects, in document order; empty when the expression is wrong (see `XPath.check`).
    package func all(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> [XMLElement] {
        let found: [XMLElement]? = XPath.evaluate(xpath, namespaces, at: self) { result in
            guard result.pointee.type == XPATH_NODESET, let nodes = result.pointee.nodesetval else { return [] }
            return (0..<Int(nodes.pointee.nodeNr)).compactMap { index in
                guard let node = nodes.pointee.nodeTab[index], node.pointee.type == XML_ELEMENT_NODE else { return nil }
                return XMLElement(document, node)
            }
        }
        return found ?? []
    }

    /// The string value of the first node selected (element, attribute or text), or of the number or string computed;
    /// nil when nothing is selected.
    package func string(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> String? {
        let found: String?? = XPath.evaluate(xpath, namespaces, at: self) { result -> String? in
            if result.pointee.type == XPATH_NODESET, (result.pointee.nodesetval?.pointee.nodeNr ?? 0) == 0 { return nil }
            return XPath.string(result)
        }
        return found.flatMap { $0 }.map(document.restored)
    }

    /// The string value of every node selected.
    package func strings(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> [String] {
        let found: [String]? = XPath.evaluate(xpath, namespaces, at: self) { result in
            guard result.pointee.type == XPATH_NODESET else { return XPath.string(result).map { [$0] } ?? [] }
            guard let nodes = result.pointee.nodesetval else { return [] }
            return (0..<Int(nodes.pointee.nodeNr)).compactMap { index in
                guard let text = xmlXPathCastNodeToString(nodes.pointee.nodeTab[index]) else { return nil }
                defer { text.freedByLibXML() }
                return String(cString: text)
            }
        }
        return (found ?? []).map(document.restored)
    }

    /// Whether the expression is true here (XPath `boolean()`).
    package func holds(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> Bool {
        XPath.evaluate(xpath, namespaces, at: self) { xmlXPathCastToBoolean($0) != 0 } ?? false
    }
}

extension XMLDocument {
    /// `root.first`.
    package func first(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> XMLElement? { root.first(xpath, namespaces) }
    /// `root.all`.
    package func all(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> [XMLElement] { root.all(xpath, namespaces) }
    /// `root.string`.
    package func string(_ xpath: String, _ namespaces: XMLNamespaces = .none) -> String? { root.string(xpath, namespaces) }
}

/// XPath 1.0 expressions.
package enum XPath {
    /// Refuses an expression that does not compile or uses a prefix that is not bound: for configuration.
    package static func check(_ xpath: String, _ namespaces: XMLNamespaces = .none) throws(XMLError) {
        let probe = try XMLDocument("<x/>")
        let fault = Fault()
        let done: Bool? = evaluate(xpath, namespaces, at: probe.root, fault) { _ in true }
        if done == nil { throw XMLError(kind: .xpath, text: fault.text ?? "XPath expression not understood") }
    }

    final class Fault { var text: String? }

    static func evaluate<R>(
        _ xpath: String, _ namespaces: XMLNamespaces, at element: XMLElement, _ fault: Fault = Fault(),
        _ body: (UnsafeMutablePointer<xmlXPathObject>) -> R
    ) -> R? {
        defer { withExtendedLifetime(element.document) {} }
        guard let context = xmlXPathNewContext(element.node.pointee.doc) else { return nil }
        defer { xmlXPathFreeContext(context) }
        context.pointee.node = element.node
        context.pointee.userData = Unmanaged.passUnretained(fault).toOpaque()
        context.pointee.error = { state, error in
            guard let state, let error else { return }
            Unmanaged<Fault>.fromOpaque(state).takeUnretainedValue().text = XMLError(kind: .xpath, error.pointee).text
        }
        for (prefix, uri) in namespaces.prefixes { xmlXPathRegisterNs(context, prefix, uri) }
        guard let result = xmlXPathEvalExpression(xpath, context) else { return nil }
        defer { xmlXPathFreeObject(result) }
        return body(result)
    }

    static func string(_ result: UnsafeMutablePointer<xmlXPathObject>) -> String? {
        guard let text = xmlXPathCastToString(result) else { return nil }
        defer { text.freedByLibXML() }
        return String(cString: text)
    }
}
