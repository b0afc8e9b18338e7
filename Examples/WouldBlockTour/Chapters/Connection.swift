// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A client and the server's socket for it.
struct Connection {
  let client: BlockingSocket
  let server: BlockingSocket

  init() throws(Errno) {
    let listener = try BlockingSocket.listen()
    client = try .connected(to: listener.address)
    server = try listener.accept()
  }

  /// Has a thread read the whole stream at the server's end, and check it.
  func startReader() throws -> WaitingThread<Void> {
    try WaitingThread { [server] in try server.receivePattern() }
  }
}
