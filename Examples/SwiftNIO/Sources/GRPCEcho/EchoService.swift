// SPDX-License-Identifier: Apache-2.0

public import GRPCCore

/// A service of plain bytes: one method for one message, one for as many as the client has.
public struct EchoService: RegistrableRPCService {
  /// Sends back one message.
  public static let get = MethodDescriptor(
    fullyQualifiedService: "examples.Echo", method: "Get", type: .unary)
  /// Sends back each message of a stream as it comes.
  public static let update = MethodDescriptor(
    fullyQualifiedService: "examples.Echo", method: "Update", type: .bidirectionalStreaming)

  /// Makes a service.
  public init() {}

  /// Has a router know both methods.
  public func registerMethods<Transport: ServerTransport>(
    with router: inout RPCRouter<Transport>
  ) {
    for method in [Self.get, Self.update] {
      router.registerHandler(
        forMethod: method, deserializer: ByteCoding(), serializer: ByteCoding()
      ) { request, _ in
        StreamingServerResponse { writer in
          for try await message in request.messages { try await writer.write(message) }
          return [:]
        }
      }
    }
  }
}

/// Messages that are their own bytes.
public struct ByteCoding: MessageSerializer, MessageDeserializer {
  /// Bytes.
  public typealias Message = [UInt8]

  /// Makes a coding.
  public init() {}

  /// Copies a message for the transport.
  public func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes {
    Bytes(message)
  }

  /// Copies a message of the transport.
  public func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] {
    bytes.withUnsafeBytes { Array($0) }
  }
}
