// The same walk with @medplum/core: Hl7Message.parse, then every field, repetition, component and subcomponent visited.
// usage: node bench_parse.cjs DUMP SECONDS
const fs = require('fs')
const { Hl7Message } = require('@medplum/core')

const dump = fs.readFileSync(process.argv[2])
const messages = []
let size = 0
for (let i = 0; i + 4 <= dump.length; ) {
	const n = dump.readUInt32LE(i)
	messages.push(dump.toString('utf8', i + 4, i + 4 + n)) // decoding is not counted
	size += n
	i += 4 + n
}

let parts = 0
let chars = 0
function round() {
	parts = chars = 0
	for (const text of messages) {
		const message = Hl7Message.parse(text)
		const sub = message.context.subcomponentSeparator
		for (const segment of message.segments)
			for (const field of segment.fields)
				for (const repetition of field.components)
					for (const component of repetition)
						for (const s of sub ? component.split(sub) : [component]) {
							parts++
							chars += s.length
						}
	}
}

for (let t = Date.now(); Date.now() - t < 2000; ) round() // let the compiler warm up
const begin = process.hrtime.bigint()
const until = begin + BigInt(Math.round(Number(process.argv[3]) * 1e9))
let rounds = 0
while (process.hrtime.bigint() < until) {
	round()
	rounds++
}
const s = Number(process.hrtime.bigint() - begin) / 1e9
console.log(`${((rounds * messages.length) / s).toFixed(0)} messages/s  ${((rounds * size) / s / 1e6).toFixed(1)} MB/s  ${parts} parts  ${chars} chars`)
