// What follows the products of a hidden layer, and the last layer.

// begin empties the registers.
void begin() {
{{- range $r := seq .Rays}}{{range $j := seq $.OutVecs}}
    a{{$r}}_{{$j}} = vec4(0);{{end}}{{end}}
}

{{if .Sine}}vec4 sine(vec4 x) {
    vec4 turns = x * {{.TurnsPerUnit}};
    return sin(2.0 * PI * (turns - round(turns)));
}

{{if .Derived}}// slope is the derivative of sine.
vec4 slope(vec4 x) {
    vec4 turns = x * {{.TurnsPerUnit}};
    return 2.0 * PI * {{.TurnsPerUnit}} * cos(2.0 * PI * (turns - round(turns)));
}

{{end}}{{end}}// finish adds the bias{{if .Norm}}, normalises{{end}}{{if .ReLU}}, rectifies{{end}}{{if .Sine}}, takes the sine{{end}} and stores.{{if .Norm}}
// The weights are centred over the outputs, so that the mean is 0; 1/σ is positive and commutes with ReLU.{{if .Derived}} The
// derivative of x/σ, of n outputs with Σx² = nσ², is (dx − x·Σx·dx/nσ²)/σ.{{end}}{{end}}
void finish(int bias) {
{{- range $j := seq .OutVecs}}
    vec4 b{{$j}} = real(bias + {{$.BiasIndex $j}});{{end}}
{{- range $r := seq .Values}}{{range $j := seq $.OutVecs}}
    a{{$r}}_{{$j}} += b{{$j}};{{end}}{{end}}
{{- if .Norm}}
{{- range $r := seq .Values}}
    float s{{$r}} = dot(a{{$r}}_0, a{{$r}}_0){{if eq $.Outs 8}} + dot(a{{$r}}_1, a{{$r}}_1){{end}};{{end}}
{{- range $r := .Derivatives}}
    float s{{$r}} = dot(a0_0, a{{$r}}_0){{if eq $.Outs 8}} + dot(a0_1, a{{$r}}_1){{end}};{{end}}
    float share = real(bias + WIDTH / 4).x; // 1 over the number of outputs
    total({{range $r := seq .Rays}}{{if $r}}, {{end}}s{{$r}}{{end}});
{{- range $r := seq .Values}}
    s{{$r}} = inversesqrt(s{{$r}} * share + 1e-5);{{end}}
{{- range $r := .Derivatives}}
    s{{$r}} *= share * s0 * s0;
{{- range $j := seq $.OutVecs}}
    a{{$r}}_{{$j}} = (a{{$r}}_{{$j}} - s{{$r}} * a0_{{$j}}) * s0;{{end}}{{end}}
{{- else}}
    sync();{{end}}
{{- range $r := .Derivatives}}{{range $j := seq $.OutVecs}}
    a{{$r}}_{{$j}} *= {{$.Rate $j}};{{end}}{{end}}
{{- range $r := seq .Values}}{{range $j := seq $.OutVecs}}
    a{{$r}}_{{$j}} = {{$.Activation $r $j}};{{end}}{{end}}
    store();
}

// last is the last layer, for ray.
vec3 last(int w) {
    vec3 c = vec3(0);
    for (int k = part; k < WIDTH; k += PARTS) {
        c += get(k) * real(w + k).xyz;
    }{{if gt .Parts 1}}
    for (int i = 0; i < 3; i++) {
        red[(3 * part + i) * RAYS + ray] = c[i];
    }
    sync();
    c = vec3(0);
    for (int t = 0; t < PARTS; t++) {
        for (int i = 0; i < 3; i++) {
            c[i] += red[(3 * t + i) * RAYS + ray];
        }
    }{{end}}
    return {{if .Derived}}derived ? c : {{end}}c + real(w + WIDTH).xyz;
}
