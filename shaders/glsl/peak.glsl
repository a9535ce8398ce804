{{.Head}}
// Nothing but fused multiply-adds, {{.Chains}} chains of them in each invocation.

layout(local_size_x = 256) in;
layout(std430, binding = 0) buffer Result { float result[]; };
layout(location = 0) uniform vec2 line; // a ← a·x + y

void main() {
    {{.Type}} x = {{.Type}}(line.x), y = {{.Type}}(line.y);
{{- range $i := seq .Chains}}
    {{$.Type}} a{{$i}} = {{$.Type}}(float(gl_LocalInvocationID.x + {{$i}}u));{{end}}
    for (int i = 0; i < {{.Steps}}; i++) {
{{- range $u := seq 8}}{{range $i := seq $.Chains}}
        a{{$i}} = {{if $.Half}}a{{$i}} * x + y{{else}}fma(a{{$i}}, x, y){{end}};{{end}}{{end}}
    }
    {{.Type}} sum = {{.Type}}(0);
{{- range $i := seq .Chains}}
    sum += a{{$i}};{{end}}
    if (float(sum.x) == 0.5) {
        result[gl_GlobalInvocationID.x % 64u] = float(sum.y);
    }
}
