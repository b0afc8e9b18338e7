// SPDX-License-Identifier: Apache-2.0

import CompletionIO

let group = try CompletionLoopGroup(count: 4)
let listener = try await StreamListener.bind(to: "127.0.0.1:7000", on: group)
try await listener.serve { connection in
  while let chunk = try await connection.receive() {
    try await connection.send(chunk.bytes)
  }
}
