// SPDX-License-Identifier: Apache-2.0

import CompletionIO

func ask(_ question: [UInt8], on group: CompletionLoopGroup) async throws {
  let sockets = try await DatagramSocket.bind(to: ":5353", on: group)
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    for socket in sockets {
      tasks.addTask(executorPreference: socket.loop) {
        while let datagram = try await socket.receive() {
          try await socket.reply(datagram)
        }
      }
    }
    try await tasks.waitForAll()
  }

  let client = try await DatagramSocket.connect(to: "127.0.0.1:5353", on: group.next())
  try await client.send(question)
  let answer = try await client.receive(timeout: .seconds(1))
  print(answer?.byteCount ?? 0)
}

func sendCut(_ file: [UInt8], to peer: SocketAddress, from socket: DatagramSocket) async throws {
  try await socket.send(file, to: peer, options: .segments(of: 1200))
}

func join(on loop: CompletionLoop) async throws {
  let socket = try await DatagramSocket.bind(to: "0.0.0.0:5353", on: loop)
  try await socket.join(try SocketAddress(parsing: "224.0.0.251:5353"), on: .name("eth0"))
}
