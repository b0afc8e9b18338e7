// SPDX-License-Identifier: Apache-2.0

import Uring

var ring = try Ring(RingConfiguration())
let token = Token(slot: 0, generation: 1, operation: .nop)
guard ring.prepare(.nop, token: token) else { fatalError("the submission queue is full") }
_ = try ring.enter(minimumCompletionCount: 1)
let batch = UnsafeMutableBufferPointer<Completion>.allocate(capacity: 64)
defer { batch.deallocate() }
for completion in batch.prefix(ring.reap(into: batch)) {
  print(completion.token, completion.result)
}
