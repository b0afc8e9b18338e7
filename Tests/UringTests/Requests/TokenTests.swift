// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Uring

@Suite struct TokenTests {
  @Test(arguments: Operation.allCases)
  func keepsItsParts(_ operation: Operation) {
    for slot in [0, 1, 0xabcdef, Token.slotLimit - 1] {
      for generation in [0, 1, 0x8000_0000, UInt32.max] {
        let token = Token(slot: slot, generation: generation, operation: operation)
        #expect(token.slot == slot)
        #expect(token.generation == generation)
        #expect(token.operation == operation)
        #expect(Token(rawValue: token.rawValue) == token)
      }
    }
  }

  @Test func packsFromTheTop() {
    let token = Token(slot: 0x12_3456, generation: 0x789a_bcde, operation: .receive)
    let receive = UInt64(Operation.receive.rawValue)
    #expect(token.rawValue == receive << 56 | 0x12_3456 << 32 | 0x789a_bcde)
  }

  @Test func hasNoOperationForAnUnknownValue() {
    #expect(Token(rawValue: .max).operation == nil)
    #expect(Token(rawValue: .max).description == "unknown#16777215.4294967295")
  }

  @Test func tellsItsPartsInMessages() {
    #expect(Token(slot: 12, generation: 3, operation: .receive).description == "receive#12.3")
  }

  @Test(.enabled(if: assertionsAreOn))
  func refusesASlotThatDoesNotFit() async {
    await #expect(processExitsWith: .failure) {
      _ = Token(slot: Token.slotLimit, generation: 0, operation: .nop)
    }
  }

  @Test func aProvisionNamesItsBuffers() {
    let none = Token.slotLimit - 1
    #expect(Token.bufferProvision(of: 0..<1).providedBuffers == 0..<1)
    #expect(Token.bufferProvision(of: 5..<32768).providedBuffers == 5..<32768)
    #expect(Token(slot: 5, generation: 1 << 16, operation: .nop).providedBuffers == nil)
    #expect(Token(slot: none, generation: 1 << 16, operation: .cancel).providedBuffers == nil)
    #expect(Token(slot: none, generation: 7, operation: .nop).providedBuffers == nil)
    #expect(Token(slot: none, generation: .max, operation: .nop).providedBuffers == nil)
  }
}
