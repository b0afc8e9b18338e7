// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage
internal import Uring

extension RawRing {
  /// Calls io_uring_register(2); its result or a negated errno.
  func register(_ opcode: UInt32, _ memory: PinnedMemory? = nil, count: UInt32 = 0) -> Int32 {
    Self.register(on: UInt32(bitPattern: descriptor), opcode, memory, count: count)
  }

  /// Calls io_uring_register(2) on any number for a ring, or on none.
  static func register(
    on ring: UInt32, _ opcode: UInt32, _ memory: PinnedMemory? = nil, count: UInt32 = 0
  ) -> Int32 {
    register(on: ring, opcode, address: memory?.address ?? 0, count: count)
  }

  /// Calls io_uring_register(2) with an address, which may be another thread's.
  static func register(
    on ring: UInt32, _ opcode: UInt32, address: UInt64, count: UInt32
  ) -> Int32 {
    unsafe io_uring_register(ring, opcode, UnsafeRawPointer(bitPattern: UInt(address)), count)
  }

  /// Goes on where the kernel lists an opcode of requests.
  ///
  /// The probe's struct: a header of 16 bytes, then 8 bytes an opcode.
  func requireOpcode(_ opcode: UInt8) throws(Finding) {
    let probe = try memory(16 + 256 * 8)
    let result = register(8, probe, count: 256)
    let isListed = result >= 0 && probe.load(UInt16.self, at: 16 + Int(opcode) * 8 + 2) & 1 != 0
    guard isListed else { throw .absent("the kernel does not list opcode \(opcode)") }
  }

  /// Goes on where a registration was taken; EINVAL means that the kernel does not know it.
  func requireRegistration(_ what: String, _ result: Int32) throws(Finding) {
    if result == -Errno.invalidArgument.rawValue {
      throw .absent("\(what) is refused with EINVAL")
    }
    try expect(result >= 0, "\(what) fails with \(Errno(rawValue: -result))")
  }
}

extension RawCompletion {
  /// Goes on where the kernel knew what it was asked; EINVAL means that it did not.
  func requireKnown(_ what: String) throws(Finding) {
    if fails(with: .invalidArgument) { throw .absent("\(what) is refused with EINVAL") }
  }
}

extension Finding {
  /// The answer to a refused set-up.
  static func refusedSetup(_ code: Int32, _ flags: SetupFlags) -> Finding {
    let bits = String(flags.rawValue, radix: 16)
    if code == Errno.invalidArgument.rawValue {
      return .absent("set-up flags 0x\(bits) are refused with EINVAL")
    }
    return .absent("\(RingSetupError.diagnose(Errno(rawValue: code)))")
  }
}
