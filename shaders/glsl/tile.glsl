// The tile: a workgroup evaluates the network for RAYS rays together. An invocation has {{.Rays}} of them and {{.Outs}} of the
// WIDTH outputs of a layer, in registers; what goes into the layer, rows of RAYS values, is in shared memory.

layout(std430, binding = 0) readonly buffer Weights { {{.Vec}} weights[]; };

shared {{.ActVec}} act[ROWS * RAYS / {{.ActRays}}];{{if .Half}}
shared float staged[INPUTS * RAYS]; // what the encoding writes{{end}}
{{if .Staged}}shared {{.Vec}} slab[{{.Slab}} * WIDTH / {{if .Half}}8{{else}}4{{end}}]; // of weights
{{end}}shared float red[{{.RedRows}} * RAYS]; // for sums over the invocations that share rays

int id;        // of this invocation in the workgroup
int tx, ty;    // of this invocation in the tile: which outputs, which rays
int ray, part; // in the stages that go ray by ray: PARTS invocations share ray, this is one of them
{{range $r := seq .Rays}}
vec4 a{{$r}}_0{{if eq $.Outs 8}}, a{{$r}}_1{{end}};{{end}}
