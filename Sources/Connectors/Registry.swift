package import Pipeline

/// Every listener and sender of the product. A new one is a folder and a line here.
package enum ConnectorRegistry {
    /// What `listeners:` may name.
    package static let listeners: [any Listener.Type] = [
        MLLPListener.self, FolderListener.self, IMAPListener.self,
    ]
    /// What `senders:` and `endpoints:` may name.
    package static let senders: [any Sender.Type] = [
        MLLPSender.self, DMPSender.self, FolderSender.self, NullSender.self, MSSanteSender.self, HTTPSender.self,
    ]
}
