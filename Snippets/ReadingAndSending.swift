// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage

func handleLeases(of listener: StreamListener) throws {
  let handler = StreamHandler(
    received: { stream, lease in
      if lease.starts(with: "quit".utf8) { return stream.close() }
      guard lease[0] != UInt8(ascii: "#") else { return }
      stream.enqueue(lease)
    },
    ended: { stream, error in stream.close() }
  )
  try listener.handle(handler)
}

func readBlocks(of connection: StreamConnection) async throws {
  var reader = ByteReader(connection)
  while try await reader.readLine(limit: 8192, timeout: .seconds(30)) {
    guard let length = String(validating: reader.element).flatMap({ Int($0) }), length < 1 << 20,
      try await reader.read(exactly: length)
    else { break }
    try await connection.send(reader.element)
  }
}

func sendPage(_ head: [UInt8], byteCount length: Int, on connection: StreamConnection) async throws
{
  let file = try FileDescriptor.open("index.html", .readOnly)
  defer { try? file.close() }
  try await connection.send(head)
  try await connection.sendFile(file, byteCount: length)
}

func passDescriptor(_ file: FileDescriptor, on connection: StreamConnection) async throws {
  try await connection.send([1], passing: [file])
}

func takeDescriptor(of connection: StreamConnection) async throws {
  var memory = [UInt8](repeating: 0, count: 64)
  var span = memory.mutableSpan
  var bytes = span.mutableBytes
  if var message = try await connection.receive(into: &bytes, descriptorLimit: 4) {
    if let file = message.takeDescriptor() { try await serve(file) }
  }
}

func serve(_ file: FileDescriptor) async throws {
  try file.close()
}
