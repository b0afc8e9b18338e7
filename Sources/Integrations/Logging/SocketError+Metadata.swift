// SPDX-License-Identifier: Apache-2.0

#if Logging
public import CompletionIO
public import Logging

extension SocketError {
  /// What the error knows, for a structured log: `operation`, `errno` and `cause`; and where they
  /// are known `peer`, `host`, `attempts` and `byteCount`.
  public var logMetadata: Logger.Metadata {
    var metadata: Logger.Metadata = [
      "operation": "\(operation.rawValue)", "errno": "\(errno.rawValue)", "cause": "\(cause)",
    ]
    if let peer { metadata["peer"] = "\(peer)" }
    if let host { metadata["host"] = "\(host)" }
    if attempts > 1 { metadata["attempts"] = "\(attempts)" }
    if byteCount > 0 { metadata["byteCount"] = "\(byteCount)" }
    return metadata
  }
}
#endif
