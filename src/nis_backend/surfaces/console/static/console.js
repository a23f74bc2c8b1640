import{$ as Tt,A as ue,Aa as be,B as ht,Ba as X,C as mt,E as g,F as J,G as I,H as he,I as gt,K as ft,L as vt,M as bt,N as ie,O as Ee,P as Y,Q as T,R as q,S as $t,T as D,U as N,V as me,W as yt,X as L,Y as wt,Z as Se,_ as kt,a,aa as xt,b as ce,ba as Rt,c as l,ca as z,d as M,da as ge,e as C,ea as v,f as ot,fa as Et,g as te,ga as St,h as F,ha as _e,i as lt,ia as Pe,j as G,ja as _,k as u,ka as _t,l as E,la as p,m as $,ma as j,n as S,na as f,o as dt,oa as b,p as k,pa as ae,q as K,qa as U,r as ct,ra as Q,s as se,sa as m,t as Re,ta as H,u as pe,ua as y,v as pt,va as fe,w as ut,wa as w,x as A,xa as ve,y as O,ya as R,z as re,za as P}from"./chunk.js";var Me=class extends g{constructor(){super();this.send=e=>{e.preventDefault();let t=this.root.parts.map(i=>[i.name,ue(i)]).filter(([,i])=>i!==void 0);this.tell("provide-input",{values:Object.fromEntries(t)})};[this.root,this.trouble,this.sent]=[null,null,!1]}static{this.properties={runId:{attribute:!1},asked:{attribute:!1},root:{state:!0},trouble:{state:!0},sent:{state:!0}}}willUpdate(e){!e.has("asked")&&!e.has("runId")||([this.root,this.trouble,this.sent]=[null,null,!1],this.asked.type==="input_required"&&this.learn())}async learn(){try{let{waiting:e}=await u(`/runs/${encodeURIComponent(this.runId)}`);this.root=e?.schema?re(e.schema,{}):null}catch(e){this.trouble=$(e)}}async tell(e,t={}){[this.trouble,this.sent]=[null,!0];try{await _(this.runId,e,{call_id:this.asked.call_id,...t})}catch(i){[this.trouble,this.sent]=[$(i),!1]}}render(){let{asked:e}=this,t=e.type==="approval_required"?this.approval(e.operation,e.reason):this.input(e);return a`<section class="panel asks" aria-label="The run waits for you">
      ${t} ${this.trouble?v(this.trouble):l}
    </section>`}approval(e,t){return a`<p><strong>May it call <code>${e}</code>?</strong> ${t}</p>
      <p>
        <button class="primary small" ?disabled=${this.sent} @click=${()=>{this.tell("approve")}}>Approve</button>
        <button class="stop small" ?disabled=${this.sent} @click=${()=>{this.tell("reject")}}>Reject</button>
      </p>`}input(e){let{root:t}=this,i={root:t?.schema??{},id:`a${t?.id??0}`,errors:new Map,changed:()=>this.requestUpdate()};return a`<p>
        <strong>${e.question||a`It asks for ${e.missing.join(", ")}${e.operation?a` of <code>${e.operation}</code>`:l}.`}</strong>
      </p>
      ${t?a`<form @submit=${this.send}>
            ${ie(t.parts,i)}
            <p><button class="primary small" ?disabled=${this.sent}>Send</button></p>
          </form>`:l}`}};customElements.define("nis-asked",Me);var Ce=class extends g{static{this.properties={text:{attribute:!1},label:{},done:{state:!0}}}constructor(){super(),this.label="Copy",this.done=!1}render(){return a`<button type="button" class="ghost" aria-label=${this.label} title=${this.label} @click=${()=>{this.copy()}}>
      ${p(this.done?"check":"copy")}<span class="hidden" role="status">${this.done?"copied":""}</span>
    </button>`}async copy(){let s=typeof this.text=="string"?this.text:this.text();try{await navigator.clipboard.writeText(s)}catch{let e=document.createElement("textarea");e.value=s,document.body.append(e),e.select(),document.execCommand("copy"),e.remove()}this.done=!0,setTimeout(()=>this.done=!1,1500)}};customElements.define("nis-copy",Ce);var Zt=400,es=30;function ne({body:r,time:s}){let e=r.type==="progress"?r.values??{}:{};return Object.keys(e).length?[{time:s,values:e}]:[]}function $e(r){if(r.length<2)return l;let s=[...new Set(r.flatMap(({values:e})=>Object.keys(e)))];return a`${s.map(e=>a`<nis-chart .series=${ts(e,r)}></nis-chart>`)}`}function ts(r,s){let e=s.filter(({values:c})=>c[r]!==void 0),t=2**Math.ceil(Math.log2(Math.max(1,e.length/Zt))),i=e.filter((c,h)=>h%t===0||h===e.length-1),n=i.map(c=>c.values[r]),o=Math.min(...n),d=o>0&&Math.max(...n)>es*o?"log":"linear";return{kind:"series",title:"",x:{label:"time",unit:"s",values:i.map(({time:c})=>c-s[0].time)},lines:[{label:r,unit:"",values:n,scale:d}]}}var ss=100,Ie=null;function Pt(){return Ie??=u(`/feedback?limit=${ss}`).then(({feedback:r})=>new Map(r.map(s=>[s.run_id,s])),()=>(Ie=null,new Map)),Ie}var qe=class extends g{static{this.properties={runId:{attribute:!1},mine:{state:!0},asks:{state:!0},said:{state:!0}}}constructor(){super(),[this.mine,this.asks,this.said]=[null,!1,""]}willUpdate(s){if(!s.has("runId"))return;let{runId:e}=this;[this.mine,this.asks,this.said]=[null,!1,""],Pt().then(t=>{e===this.runId&&(this.mine=t.get(e)??null)})}async rate(s){let{mine:e}=this;if(e?.rating===s)return this.change(()=>G(this.path,{method:"DELETE"}).then(()=>null));let t=e?{rating:s}:{run_id:this.runId,rating:s};await this.change(()=>this.put(e?"PATCH":"POST",t)),this.asks=this.mine!==null,await this.updateComplete,this.querySelector("input")?.focus()}async comment(s){this.asks=!1,s.trim()&&await this.change(()=>this.put("PATCH",{comment:s.trim()})),this.mine&&(this.said="Thank you.")}get path(){return`/feedback/${encodeURIComponent(this.mine.id)}`}put(s,e){return u(s==="POST"?"/feedback":this.path,E(s,e))}async change(s){let e=await Pt();try{[this.mine,this.said,this.asks]=[await s(),"",!1],this.mine?e.set(this.runId,this.mine):e.delete(this.runId)}catch(t){this.said=$(t).detail}}render(){return a`${this.thumb("good","A good answer")}${this.thumb("bad","A bad answer")}
      ${this.asks?a`<form
            class="word"
            @submit=${s=>{s.preventDefault(),this.comment(s.currentTarget.querySelector("input").value)}}
          >
            <input aria-label="Why?" placeholder="Why? (as you like)" maxlength="4000" .value=${this.mine?.comment??""} />
            <button class="small">Say</button>
          </form>`:l}
      <span role="status">${this.said}</span>`}thumb(s,e){return a`<button
      class="ghost" aria-label=${e} title=${e} aria-pressed=${this.mine?.rating===s} @click=${()=>{this.rate(s)}}
    >${p(s==="good"?"up":"down")}</button>`}};customElements.define("nis-feedback",qe);function W(r,s=null,e=[]){let t={question:r,attached:e,call:s,take:i=>rs(t,i),runId:null,seq:0,state:"sending",standing:new wt,steps:new Map,stored:null,calls:[],views:[],model:null,tokens:null,cost:0,progress:null,notes:[],problem:null,conversationId:null,answers:[]};return t}var V=r=>ot.includes(r.state);function oe(r){return[...r.steps].sort(([e],[t])=>e-t).map(([,e])=>e).filter(e=>e.trim()).join(`

`)||r.stored||""}function Mt(r){let s=oe(r);return r.views.filter(e=>e.kind!=="text"||!s.includes(e.text.trim()))}function rs(r,s){r.state==="sending"&&(r.state="running");let e=s.body;switch(r.standing.hear(e),e.type){case"text_delta":r.steps.set(e.step,(r.steps.get(e.step)??"")+e.text);break;case"step_retried":r.steps.delete(e.step),r.notes.push(`The answer was cut off and began again. ${e.reason}`);break;case"model_called":r.model={provider:e.provider,model:e.model,demonstration:r.model?.demonstration??!1};break;case"tool_called":r.calls.push({id:e.call_id,operation:e.operation,arguments:e.arguments,state:"running",chosen:r.model!==null});break;case"tool_answered":{r.progress=null;let t=r.calls.find(i=>i.id===e.call_id);t&&(t.state=e.problem?"failed":"done",e.problem&&(t.problem=e.problem));break}case"progress":r.progress={fraction:e.fraction,message:e.message,measured:[...r.progress?.measured??[],...ne(s)]};break;case"surface":r.views.push(...e.views);break;case"warning":r.notes.push(e.message);break;case"succeeded":is(r,e.result);break;case"failed":r.state="failed",r.problem=e.problem;break;case"cancelled":r.state="cancelled";break;case"model_answered":r.cost+=e.cost??0;break;case"started":case"reasoning_delta":case"input_required":case"approval_required":case"noted":case"artifact":case"cancel_requested":case"pause_requested":case"resume_requested":case"approved":case"rejected":case"input_provided":case"retry_scheduled":case"released":break;default:}if(V(r)){r.progress=null;for(let t of r.calls)t.state==="running"&&(t.state="failed")}}function is(r,s){r.state="succeeded",r.stored=s.response,r.conversationId=s.conversation_id,r.tokens=s.tokens_used??null,r.model={provider:s.provider,model:s.model,demonstration:s.demonstration??!1},r.views.length||(r.views=s.views??[])}var as=240;function It(r,s,e,t){let i=!V(r),n=oe(r);return a`<article class="turn" aria-busy=${i}>
    ${r.attached.length?a`<div class="attached">${r.attached.map(ns)}</div>`:l}
    ${r.question.length>as?a`<h2 class="long" dir="auto" tabindex="0">${r.question}</h2>`:a`<h2 dir="auto">${r.question||a`<span class="hidden">Without words</span>`}</h2>`}
    ${J([r.seq,r.state],()=>r.calls.map(o=>os(o,r.views,n)))}
    ${J([n],()=>n?a`<div class="prose" dir="auto">${I(n)}</div>`:l)}
    ${J([r.views.length,n,e,s],()=>Mt(r).map((o,d,c)=>cs(o,d>0||ds(o,c),s,e)))}
    ${r.notes.map(o=>a`<p class="note">${o}</p>`)}
    ${i?ps(r):l} ${r.problem?v(r.problem,t.retry):l}
    ${r.state==="cancelled"?a`<p class="note">Stopped.</p>`:l}
    ${i?l:us(r,t)}
  </article>`}function ns(r){return r.gone?a`<p class="note">${r.name||r.media_type} was deleted since.</p>`:a`<nis-blob .blob=${r}></nis-blob>`}function os(r,s,e){let t=Object.entries(r.arguments),i=s.find(c=>c.kind==="form"&&c.operation===r.operation),n=c=>{let h=i?.request_schema.properties?.[c];return h?mt(h,i.request_schema).unit??"":""},o={running:"computing",done:"computed",failed:"not computed"}[r.state],d=r.problem&&!e.includes(r.problem.detail)?r.problem:null;return a`<details class="call" ?open=${r.chosen||d!==null}>
    <summary><span class="state ${r.state}">${o}</span> <code>${r.operation}</code></summary>
    ${t.length?a`<dl>
          ${t.map(([c,h])=>a`<div><dt>${O(c)}</dt><dd>${ls(h)} ${n(c)}</dd></div>`)}
        </dl>`:a`<p class="hint">Without arguments.</p>`}
    ${d?a`<p class="bad">${d.detail} ${d.remedy??""}</p>`:l}
    <p class="hint"><a href=${y(r.operation,r.arguments)}>Open it in Explore</a></p>
  </details>`}function ls(r){if(typeof r=="number")return ut(r);let s=typeof r=="string"?r:JSON.stringify(r);return s.length>200?`${s.slice(0,199)}…`:s}function ds(r,s){if(r.kind!=="table")return!1;let e=s.flatMap(i=>i.kind==="form"?Object.keys(i.request_schema.properties??{}):[]),t=new Set(e.map(O));return r.rows.every(([i])=>t.has(i))}function cs(r,s,e,t){return r.kind==="form"?a`<nis-form .form=${r} ?asks=${e} ?disabled=${t}></nis-form>`:r.kind==="table"&&s?a`<details class="aside"><summary>${r.title}</summary>${ge(r)}</details>`:z(r)}function ps(r){let{progress:s,runId:e}=r,{asked:t,state:i}=r.standing;return N().state!=="ok"?Le("the server is out of reach; the answer goes on once it is back"):t&&e?a`<nis-asked .runId=${e} .asked=${t}></nis-asked>`:i==="paused"&&e?a`${Le("paused")} <p><button class="small" @click=${()=>{_(e,"resume").catch(()=>{})}}>Go on</button></p>`:s?a`<p class="waiting">
        <progress max="1" .value=${s.fraction} aria-label="Progress"></progress> ${s.message}
      </p>
      ${$e(s.measured)}`:Le(oe(r)?"answering":"thinking")}var Le=r=>a`<p class="waiting"><span class="pulse"></span><span class="quiet">${r}</span></p>`;function us(r,{retry:s,branch:e,turnTo:t,rates:i}){return!r.model&&!r.runId?l:a`<footer>
    <span class="acts">
      ${r.state==="succeeded"?a`<nis-copy .text=${()=>oe(r)} label="Copy the answer"></nis-copy>`:l}
      ${s&&!r.problem?.retryable?Ct("again","Answer again",s):l} ${e?Ct("branch","Go on from here in another conversation",e):l}
      ${i&&r.state==="succeeded"&&r.runId?a`<nis-feedback .runId=${r.runId}></nis-feedback>`:l}
      ${r.answers.length>1?hs(r,t):l}
    </span>
    ${r.model?a`<span>${r.model.provider} · ${r.model.model}</span>`:l}
    ${r.model?.demonstration?a`<span class="badge" title="It is too small to be relied on.">demonstration model</span>`:l}
    ${r.tokens?a`<span>${r.tokens} tokens</span>`:l}
    ${r.cost?a`<span>${f(r.cost/j)}</span>`:l}
    ${r.runId?a`<a class="run id" href=${m({page:"run",id:r.runId})} title="The run's events">${r.runId}</a>`:l}
  </footer>`}var Ct=(r,s,e)=>a`<button class="ghost" aria-label=${s} title=${s} @click=${e}>${p(r)}</button>`;function hs(r,s){let e=r.answers.indexOf(r.runId),t=(i,n,o)=>a`<button class="ghost" aria-label=${n} title=${n} ?disabled=${!o} @click=${()=>s(o)}>${p(i)}</button>`;return a`${t("left","The answer before",r.answers[e-1])}<span>${e+1} of ${r.answers.length}</span>${t("right","The answer after",r.answers[e+1])}`}var qt=8,ms="image/png,image/jpeg,image/gif,image/webp,image/tiff,image/bmp,image/avif,audio/*,text/plain,text/markdown,text/csv,text/html,application/json,application/pdf,.pdf,.docx,.xlsx,.pptx,.md,.eml",Ae=class extends g{constructor(){super();this.model="";this.input=M();this.chooser=M();this.addresses=new Map;[this.busy,this.below,this.models,this.files,this.over]=[!1,!1,null,[],!1],this.beside=l}static{this.properties={busy:{type:Boolean},below:{type:Boolean},models:{attribute:!1},beside:{attribute:!1},files:{state:!0},over:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.files.forEach(e=>this.release(e))}focus(){this.input.value?.focus()}give(e,t){this.input.value.value||(this.input.value.value=e),this.add(t)}add(e){this.files=[...this.files,...e].slice(0,qt)}leave(e){this.files=this.files.filter(t=>t!==e),this.release(e),this.focus()}release(e){let t=this.addresses.get(e);t&&URL.revokeObjectURL(t),this.addresses.delete(e)}address(e){return this.addresses.has(e)||this.addresses.set(e,URL.createObjectURL(e)),this.addresses.get(e)}send(e){e.preventDefault();let t=this.input.value,i={message:t.value.trim(),files:this.files};this.busy||!(i.message||i.files.length)||(t.value="",this.files=[],i.files.forEach(n=>this.release(n)),this.dispatchEvent(new CustomEvent("say",{detail:i})))}paste(e){let t=[...e.clipboardData?.files??[]];t.length&&(e.preventDefault(),this.add(t))}hold(e){e.dataTransfer?.types.includes("Files")&&(e.preventDefault(),this.over=!0)}drop(e){this.over=!1,e.dataTransfer?.files.length&&(e.preventDefault(),this.add(e.dataTransfer.files),this.focus())}render(){return a`<form class="composer" @submit=${e=>this.send(e)}>
      ${this.below?a`<button type="button" class="down" aria-label="To the end" @click=${()=>scrollTo({top:document.documentElement.scrollHeight})}>
            ${p("arrow")}
          </button>`:l}
      <div
        class="box ${this.over?"over":""}"
        @dragover=${e=>this.hold(e)} @dragleave=${()=>this.over=!1} @drop=${e=>this.drop(e)}
      >
        ${this.files.length?a`<ul class="files" aria-label="Attached">${this.files.map(e=>this.preview(e))}</ul>`:l}
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message" dir="auto" rows="1" maxlength="100000" placeholder="Ask something" autofocus ${C(this.input)}
          @paste=${e=>this.paste(e)}
          @keydown=${e=>{e.key==="Enter"&&!e.shiftKey&&!e.isComposing&&this.send(e)}}
        ></textarea>
        ${this.attach()} ${this.modelLine()} ${this.beside}
        ${this.busy?a`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${()=>this.dispatchEvent(new Event("stop"))}>
              ${p("stop")}
            </button>`:a`<button class="round primary" aria-label="Send" title="Send">${p("send")}</button>`}
      </div>
    </form>`}preview(e){return a`<li>
      ${e.type.startsWith("image/")?a`<img src=${this.address(e)} alt="" />`:l}
      <span>${e.name} <span class="note">${ft(e.size)}</span></span>
      <button type="button" class="ghost" aria-label=${`Remove ${e.name}`} title="Remove" @click=${()=>this.leave(e)}>${p("close")}</button>
    </li>`}attach(){return a`<button
        type="button" class="ghost attach" aria-label="Attach a picture, a sound or a document" title="Attach"
        ?disabled=${this.files.length>=qt} @click=${()=>this.chooser.value.click()}
      >
        ${p("plus")}
      </button>
      <input
        type="file" class="hidden" id="files" aria-label="Files to attach" tabindex="-1" multiple accept=${ms} ${C(this.chooser)}
        @change=${e=>{let t=e.target;this.add(t.files??[]),t.value="",this.focus()}}
      />`}modelLine(){let e=this.models?.models??[],t=i=>`${i.provider} · ${i.name}${i.demonstration?" (demonstration model)":""}`;return e.length<2?a`<p class="model">${e[0]?t(e[0]):l}</p>`:a`<p class="model">
      <label class="hidden" for="model">Model</label>
      <select id="model" @change=${i=>this.model=i.target.value}>
        <option value="">Model as set up</option>
        ${e.map(i=>a`<option value=${i.id}>${t(i)}</option>`)}
      </select>
    </p>`}};customElements.define("nis-composer",Ae);var At=new EventTarget,ye=()=>{At.dispatchEvent(new Event("change"))},Lt=30,gs=8,Oe=class extends g{static{this.properties={lines:{state:!0},query:{state:!0},hits:{state:!0},more:{state:!0},can:{state:!0},renaming:{state:!0},asking:{state:!0}}}constructor(){super(),this.lines=[],this.query="",this.hits=null,this.more=null,this.can={rename:null,delete:null,search:null},this.renaming=null,this.asking=null}connectedCallback(){super.connectedCallback(),At.addEventListener("change",()=>{this.load()}),addEventListener("hashchange",()=>this.requestUpdate()),this.load(),S().then(s=>{let e=t=>k(s,`conversations.${t}`);this.can={rename:e("update_conversation"),delete:e("delete_conversation"),search:e("search_conversations")}},()=>{})}async load(s=null){try{let e=await u(`/conversations?limit=${Lt}${s?`&cursor=${encodeURIComponent(s)}`:""}`);this.lines=s?[...this.lines,...e.conversations]:e.conversations,this.more=e.next_cursor??null}catch{}}async search(s){this.query=s;let{search:e}=this.can;if(this.hits=null,!(!s.trim()||!e))try{let t=await u(e.path,E("POST",{query:s,limit:Lt})),i=new Map(t.matches.toReversed().map(n=>[n.conversation_id,n]));this.query===s&&(this.hits=t.matches.filter(n=>i.get(n.conversation_id)===n))}catch{}}async name(s,e){this.renaming=null,e.trim()&&await this.change(this.can.rename,s,{title:e.trim()})}async forget(s){this.asking=null,await this.change(this.can.delete,s);let e=Q(location.hash);e.page==="chat"&&e.id===s&&H({page:"chat",id:null})}async change(s,e,t){try{await G(se(s,e),t?E(s.method,t):{method:s.method})}finally{await this.load()}}render(){if(!this.lines.length&&!this.query)return l;let s=Q(location.hash),e=s.page==="chat"?s.id:null,t=this.query.toLowerCase(),i=this.lines.filter(n=>n.title.toLowerCase().includes(t));return a`<section class="conversations" aria-labelledby="conversations-title">
      <h2 id="conversations-title">Conversations</h2>
      ${this.lines.length>=gs||this.query?a`<input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            @input=${n=>{let o=n.target.value;clearTimeout(this.typed),this.typed=setTimeout(()=>{this.search(o)},150)}}
          />`:l}
      <ul>
        ${this.hits?this.hits.map(n=>fs(n)):i.map(n=>this.line(n,n.id===e))}
      </ul>
      ${this.query&&!(this.hits??i).length?a`<p class="empty">Nowhere was that said.</p>`:l}
      ${this.more&&!this.query?a`<button class="plain small" @click=${()=>{this.load(this.more)}}>Earlier ones</button>`:l}
    </section>`}line(s,e){return this.renaming===s.id?a`<li>
        <input
          class="rename"
          aria-label="Name of the conversation"
          .value=${s.title}
          autofocus
          maxlength="200"
          @keydown=${t=>{t.key==="Enter"&&this.name(s.id,t.target.value),t.key==="Escape"&&(this.renaming=null)}}
          @blur=${t=>this.renaming===s.id&&void this.name(s.id,t.target.value)}
        />
      </li>`:this.asking===s.id?a`<li class="asking">
        <span>Delete it?</span>
        <button class="small danger" @click=${()=>{this.forget(s.id)}}>Delete</button>
        <button class="small" @click=${()=>this.asking=null}>Keep</button>
      </li>`:a`<li>
      <a href=${m({page:"chat",id:s.id})} aria-current=${e?"page":l} title=${s.title}>${s.title||"untitled"}</a>
      ${this.can.rename?a`<button class="ghost" aria-label="Rename ${s.title}" title="Rename" @click=${()=>this.rename(s.id)}>${p("edit")}</button>`:l}
      ${this.can.delete?a`<button class="ghost" aria-label="Delete ${s.title}" title="Delete" @click=${()=>this.asking=s.id}>${p("trash")}</button>`:l}
    </li>`}rename(s){this.renaming=s,this.updateComplete.then(()=>this.querySelector(".rename")?.select())}};function fs(r){let s=[],e=0;for(let[t,i]of r.marks)s.push(r.snippet.slice(e,t),a`<mark>${r.snippet.slice(t,i)}</mark>`),e=i;return s.push(r.snippet.slice(e)),a`<li class="match">
    <a href=${m({page:"chat",id:r.conversation_id})}>${r.title||"untitled"}<span>${s}</span></a>
  </li>`}customElements.define("nis-conversations",Oe);function Z(r){let s=!1;return()=>{s||(s=!0,requestAnimationFrame(()=>{s=!1,r()}))}}var Ot=()=>isSecureContext&&"mediaDevices"in navigator&&"AudioWorkletNode"in window,we=class{constructor(s){this.listener=s;this.context=null;this.socket=null;this.tracks=[];this.playing=new Set;this.rate=0;this.until=0;this.muted=0}async open(s){let e=await navigator.mediaDevices.getUserMedia({audio:{echoCancellation:!0,noiseSuppression:!0,channelCount:1}});this.tracks=e.getTracks();let t=this.context=new AudioContext,i=t.sampleRate<=48e3?t:this.context=new AudioContext({sampleRate:48e3});i!==t&&t.close(),await i.audioWorklet.addModule("/console/microphone.js");let n=this.socket=new WebSocket(`${location.origin.replace("http","ws")}/ws/voice`);n.binaryType="arraybuffer",n.onmessage=o=>{typeof o.data=="string"?this.heed(JSON.parse(o.data)):this.play(o.data)},n.onclose=o=>{o.reason&&this.listener.failed({title:"The conversation was closed",detail:o.reason}),this.close()},n.onopen=()=>{n.send(JSON.stringify({type:"start",sample_rate:i.sampleRate,...s}));let o=new AudioWorkletNode(i,"microphone",{numberOfOutputs:0});o.port.onmessage=d=>{n.readyState===WebSocket.OPEN&&n.send(d.data)},i.createMediaStreamSource(e).connect(o)}}interrupt(){this.tell({type:"interrupt"})}say(s){return this.tell({type:"text_input",text:s})}tell(s){return this.socket?.readyState!==WebSocket.OPEN?!1:(this.socket.send(JSON.stringify(s)),!0)}close(){let s=this.socket;if(!(!s&&!this.tracks.length)){this.socket=null,s&&(s.onclose=null),s?.close(),this.silence();for(let e of this.tracks)e.stop();this.tracks=[],this.context?.close(),this.context=null,this.listener.closed()}}heed(s){switch(s.type){case"transcript_partial":this.listener.said(String(s.text));break;case"transcript":this.listener.said("");break;case"turn_started":this.listener.turn(String(s.run_id),String(s.message),String(s.conversation_id));break;case"sentence":this.rate=Number(s.sample_rate);break;case"interrupted":this.muted=s.turn,this.silence();break;case"error":this.listener.failed(s.error)}}play(s){let e=this.context;if(!e||new DataView(s).getUint32(0)<=this.muted)return;let t=Float32Array.from(new Int16Array(s,8),d=>d/32768),i=e.createBuffer(1,t.length,this.rate);i.copyToChannel(t,0);let n=e.createBufferSource();n.buffer=i,n.connect(e.destination),n.onended=()=>this.playing.delete(n),this.playing.add(n);let o=Math.max(this.until,e.currentTime+.05);n.start(o),this.until=o+i.duration}silence(){for(let s of this.playing)s.stop();this.playing.clear(),this.until=0}};var De=class extends g{constructor(){super();this.voice=null;this.settings=()=>({}),[this.open,this.said,this.trouble]=[!1,"",null]}static{this.properties={settings:{attribute:!1},open:{state:!0},said:{state:!0},trouble:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.voice?.close()}close(){this.voice?.close()}interrupt(){this.voice?.interrupt()}say(e){return this.voice?.say(e)??!1}async toggle(){if(this.voice)return this.voice.close();[this.trouble,this.open]=[null,!0];let e=this.voice=new we({said:t=>this.said=t,turn:(t,i,n)=>this.dispatchEvent(new CustomEvent("spoken",{detail:{runId:t,question:i,conversationId:n}})),failed:t=>this.trouble=t,closed:()=>{[this.voice,this.open,this.said]=[null,!1,""]}});try{await e.open(this.settings())}catch(t){this.trouble=t instanceof DOMException?{title:t.name,detail:"The microphone cannot be used.",remedy:t.message}:$(t),e.close(),[this.voice,this.open]=[null,!1]}}render(){if(!Ot()||F.get()!==null)return l;let e=this.trouble?`${this.trouble.detail} ${this.trouble.remedy??""}`:this.said||"Listening…",t=this.open?"Stop talking":"Talk";return a`${this.open||this.trouble?a`<p class="said ${this.trouble?"wrong":""}" role="status">${e}</p>`:l}
      <button
        type="button" class="round talk" aria-label=${t} title=${t} aria-pressed=${this.open} @click=${()=>{this.toggle()}}
      >${p("microphone")}</button>`}};customElements.define("nis-talk",De);var vs=[["Fly a ball","How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"],["Swing a pendulum","What is the period of a pendulum 1.2 m long, released at 60 degrees?"],["Convert units","Convert 65 miles per hour to m/s"],["Look up a constant","What is the Planck constant?"]];function Dt(r,s,e){return a`<section class="welcome">
    <h1>Ask for a number, get one that was computed.</h1>
    <p>
      A model talks; what can be computed is computed, and comes with its method, its error and the arguments
      used.${r?a` Or <a href="#/explore">explore all ${r} operations</a>.`:l}
    </p>
    <ul>
      ${vs.map(([t,i])=>a`<li>
          <button @click=${n=>e(i,n)}><strong>${t}</strong><span>${i}</span></button>
        </li>`)}
    </ul>
    <p class="from">
      Programs ask the same: OpenAI's clients at <code>${location.origin}/v1</code>, Anthropic's at <code>${location.origin}</code>, agents
      at <code>/mcp</code> and <code>/a2a</code>, any other over <a href="/docs">REST</a>.
    </p>
    ${s&&!s.models.length?a`<div class="failure">
          <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
          ${s.unavailable.map(t=>a`<p>${t.provider}: ${t.reason} <span class="remedy">${t.remedy}</span></p>`)}
        </div>`:l}
  </section>`}var je=class extends g{constructor(){super();this.opened=null;this.reading=new AbortController;this.composer=M();this.talk=M();this.sticks=!0;this.paint=Z(()=>this.requestUpdate());this.grown=new ResizeObserver(()=>{this.measure()});this.scrolled=()=>{this.sticks=this.measure()<80};this.again=()=>{this.conversationId===null&&this.turns.length&&m({page:"chat",id:null})===location.hash&&this.open(null)};this.conversationId=null,this.turns=[],this.loading=!1,this.models=null,this.trouble=null,this.lines=[],this.below=!1}static{this.properties={conversationId:{attribute:!1},turns:{state:!0},loading:{state:!0},models:{state:!0},trouble:{state:!0},lines:{state:!0},below:{state:!0}}}connectedCallback(){super.connectedCallback(),this.grown.observe(this),addEventListener("scroll",this.scrolled),addEventListener("hashchange",this.again),D.addEventListener("change",this.paint),this.listModels(),S().then(e=>this.lines=e,()=>{})}disconnectedCallback(){super.disconnectedCallback(),this.grown.disconnect(),removeEventListener("scroll",this.scrolled),removeEventListener("hashchange",this.again),D.removeEventListener("change",this.paint),this.reading.abort()}measure(){let e=document.documentElement.scrollHeight-innerHeight-scrollY;return this.below=e>400,e}willUpdate(e){e.has("conversationId")&&(this.conversationId!==this.opened||!this.hasUpdated)&&this.open(this.conversationId)}async listModels(){try{this.models=await u("/models")}catch(e){e instanceof te||yt()}}get busy(){return this.turns.some(e=>!V(e))}get model(){let e=this.composer.value?.model;return e?{model:e}:{}}get watcher(){return{changed:this.paint,waiting:me,signal:this.reading.signal}}async open(e){if(this.talk.value?.close(),this.reading.abort(),this.reading=new AbortController,this.turns=[],this.trouble=null,this.opened=e,e===null)return void this.composer.value?.focus();let t=this.watcher;this.loading=!0;try{let i=await u(`/conversations/${encodeURIComponent(e)}`,{signal:t.signal});this.turns=i.turns.map(n=>{let o=W(n.message,null,n.attachments);return o.runId=n.run_id,o.stored=n.response,o.views=n.views,o.problem=n.problem??null,o.answers=[...n.alternatives??[],n.run_id].sort(),o.state=["queued","paused","waiting"].includes(n.state)?"running":n.state,o}),this.sticks=!0}catch(i){if(t.signal.aborted)return;this.trouble=L(i)}finally{t.signal.aborted||(this.loading=!1)}for(let i of this.turns.toReversed())await this.replay(i,t)}async replay(e,t){let i=W(e.question,null,e.attached);i.runId=e.runId,i.answers=e.answers;let n=!V(e);n&&this.swap(e,i);try{await Y(i,t),n||this.swap(e,i)}catch(o){n&&this.fail(i,o,t.signal)}}named(e){this.opened=e,ye(),this.isConnected&&(fe({page:"chat",id:e}),this.conversationId=e)}async say(e,t=null,i=[],n=[]){if(this.busy||!(e.trim()||i.length||n.length)||t===null&&!i.length&&!n.length&&this.talk.value?.say(e))return;let d=W(e,t,n);this.turns=[...this.turns,d],this.sticks=!0;let c=this.watcher,h=this.opened;try{d.attached=[...n,...await Promise.all(i.map(gt))]}catch(ee){return this.fail(d,ee,c.signal),this.composer.value?.give(e,i),this.requestUpdate()}let x={message:e,attachments:d.attached.map(ee=>ee.id),genui_enabled:!1,...h===null?{}:{conversation_id:h},...this.model,...t?{call:{operation:t.operation,arguments:t.arguments}}:{}},de=h!==null,xe=()=>{c.changed(),!(de||d.runId===null)&&(de=!0,this.nameAfter(d,c))};try{await Ee("/chat",x,d,{...c,changed:xe})}catch(ee){this.fail(d,ee,c.signal)}this.requestUpdate()}async spoken({runId:e,question:t,conversationId:i}){let n=W(t);n.runId=e,this.turns=[...this.turns,n],this.sticks=!0,this.opened===null&&this.named(i);let o=this.watcher;try{await Y(n,o)}catch(d){this.fail(n,d,o.signal)}this.requestUpdate()}get talking(){return k(this.lines,"voice.transcribe_audio")?a`<nis-talk
      .settings=${()=>({...this.opened===null?{}:{conversation_id:this.opened},...this.model})} ${C(this.talk)} @spoken=${t=>{this.spoken(t.detail)}}
    ></nis-talk>`:l}async nameAfter(e,t){try{let i=await u(`/runs/${encodeURIComponent(e.runId)}`,{signal:t.signal});i.conversation_id!==null&&!t.signal.aborted&&this.named(i.conversation_id)}catch{e.conversationId!==null&&this.named(e.conversationId)}}fail(e,t,i){i.aborted&&e.runId===null&&(e.state="cancelled"),!i.aborted&&(e.state="failed",e.problem=L(t))}async stop(){this.talk.value?.interrupt();let e=this.turns.find(t=>!V(t));if(e){if(e.runId===null){this.reading.abort(),this.reading=new AbortController;return}try{await _(e.runId,"cancel")}catch(t){e.notes.push(t instanceof te?t.problem.detail:"The server could not be told to stop."),this.requestUpdate()}}}async retry(e){let t=k(this.lines,"conversations.regenerate_answer");if(!t||!this.opened||!e.runId)return this.turns=this.turns.filter(h=>h!==e),this.say(e.question,e.call,[],e.attached);let i=W(e.question,e.call,e.attached);i.answers=e.answers.length?e.answers:[e.runId];let n=i.answers;this.swap(e,i);let o=this.watcher,d=()=>{i.runId!==null&&!i.answers.includes(i.runId)&&(i.answers=[...n,i.runId]),o.changed()},c={run_id:e.runId,...this.model};try{await Ee(se(t,this.opened),c,i,{...o,changed:d})}catch(h){this.fail(i,h,o.signal)}ye(),this.requestUpdate()}async turnTo(e,t){let i=W(e.question,e.call,e.attached);[i.runId,i.answers]=[t,e.answers];let n=this.watcher;try{await Y(i,n),this.swap(e,i)}catch(o){n.signal.aborted||e.notes.push($(o).detail),this.requestUpdate()}}async branch(e){let t=k(this.lines,"conversations.branch_conversation");try{let i=await u(se(t,this.opened),E("POST",{run_id:e.runId}));ye(),H({page:"chat",id:i.id})}catch(i){e.notes.push($(i).detail),this.requestUpdate()}}swap(e,t){this.turns=this.turns.map(i=>i===e?t:i)}acts(e,t,i){let n=e.state==="succeeded"&&this.opened!==null&&k(this.lines,"conversations.branch_conversation"),o=k(this.lines,"conversations.regenerate_answer")!==null||e.state!=="succeeded";return{...t&&!i&&o?{retry:()=>{this.retry(e)}}:{},...n&&!i?{branch:()=>{this.branch(e)}}:{},turnTo:d=>{this.turnTo(e,d)},rates:k(this.lines,"feedback.create_feedback")!==null}}updated(){this.sticks&&this.keepInView()}keepInView(){let e=this.querySelector(".turn:last-child");if(!e)return;let t=Number.parseFloat(getComputedStyle(e).scrollMarginTop)||0,i=Math.min(e.getBoundingClientRect().top+scrollY-t,document.documentElement.scrollHeight-innerHeight);i>scrollY&&scrollTo({top:i})}render(){let e=this.busy,t=!this.turns.length&&!this.loading&&!this.trouble;return a`<div class="column chat ${t?"blank":""}">
      ${t?l:a`<h1 class="hidden">Conversation</h1>`}
      ${this.trouble?v(this.trouble):t?Dt(this.lines.length,this.models,(i,n)=>this.begin(i,n)):l}
      ${this.loading?a`<div class="skeleton" aria-label="Opening the conversation"><i></i><i></i><i></i></div>`:l}
      <div
        class="log"
        role="log"
        aria-label="Conversation"
        @call=${i=>{this.say(i.detail.message,i.detail)}}
      >
        ${this.turns.map((i,n)=>It(i,n===this.turns.length-1,e,this.acts(i,n===this.turns.length-1,e)))}
      </div>
      <nis-composer
        ?busy=${e} ?below=${this.below} .models=${this.models} .beside=${this.talking} ${C(this.composer)}
        @say=${i=>{this.say(i.detail.message,null,i.detail.files)}} @stop=${()=>{this.stop()}}
      ></nis-composer>
    </div>`}begin(e,t){t.detail===0&&this.composer.value?.focus(),this.say(e)}};customElements.define("nis-chat",je);var bs=200,Ue=class extends g{constructor(){super();this.asking=new AbortController;this.press=e=>{let t={ArrowDown:1,ArrowUp:-1}[e.key],i=[...this.querySelectorAll(".cards a")],n=i.indexOf(document.activeElement);!t||n<0||(e.preventDefault(),(i[n+t]??this.querySelector("#find"))?.focus())};this.query="",this.family="",this.lines=null,this.meant=[],this.trouble=null}static{this.properties={query:{attribute:!1},family:{attribute:!1},lines:{state:!0},meant:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.load()}async load(){try{this.lines=await S(),this.trouble=null}catch(e){this.trouble=$(e)}}willUpdate(e){if(!e.has("query"))return;this.asking.abort(),this.meant=[],clearTimeout(this.timer);let{signal:t}=this.asking=new AbortController,{query:i}=this;this.timer=setTimeout(()=>{pt(i,t).then(n=>this.meant=n,()=>{})},bs)}firstUpdated(){matchMedia("(hover: hover)").matches&&this.querySelector("#find")?.focus({preventScroll:!0})}type(e){this.query=e,fe({page:"explore",query:e,family:this.family})}render(){let e=this.lines??[],t=this.family?e.filter(o=>K(o.name)===this.family):e,i=pe(t,this.query),n=this.meant.map(o=>k(t,o)).filter(o=>o!==null&&!i.includes(o));return a`<div class="column wide-column explore">
      <header class="head">
        <h1>Explore</h1>
        <p class="lede">${e.length||l} operations, each callable from here, over REST, MCP, A2A and the command line.</p>
      </header>
      <div class="finder">
        ${p("explore")}
        <label class="hidden" for="find">Find an operation</label>
        <input
          id="find" data-first type="search" placeholder="Find by name, or say what you want to do" autocomplete="off" spellcheck="false"
          .value=${this.query}
          @input=${o=>this.type(o.target.value)}
          @keydown=${o=>{o.key==="ArrowDown"&&this.querySelector(".cards a")?.focus(),o.key==="Enter"&&this.querySelector(".cards a")?.click(),(o.key==="ArrowDown"||o.key==="Enter")&&o.preventDefault()}}
        />
      </div>
      ${this.trouble?v(this.trouble,()=>{this.load()}):l}
      <nav class="families" aria-label="Families">${this.chips(e)}</nav>
      <p class="hidden" role="status">${this.query?`${i.length+n.length} found`:""}</p>
      <div @keydown=${this.press}>
        ${this.query?this.cards([...i,...n]):this.sections(i)}
      </div>
      ${this.lines&&this.query&&!i.length&&!n.length?a`<p class="empty">Nothing is called that. Say what you want to do in a few words, or <a href="#/">ask in the chat</a>.</p>`:l}
    </div>`}chips(e){return[["",e.length],...Re(e)].map(([i,n])=>a`<a
        class="chip" href=${m({page:"explore",query:this.query,family:i})} aria-current=${i===this.family?"true":l}
        >${i?O(i):"all"} <span>${n}</span></a
      >`)}sections(e){return Re(e).map(([t])=>a`<section>
        <h2>${O(t)}</h2>
        ${this.cards(e.filter(i=>K(i.name)===t))}
      </section>`)}cards(e){return a`<ul class="cards">
      ${e.map(t=>a`<li>
          <a href=${y(t.name)}>
            <span class="title"><code>${t.name}</code>${He(t)}</span>
            <span class="summary">${t.summary}</span>
          </a>
        </li>`)}
    </ul>`}};function He(r){let s={model:"",stream:"streams",run:"is a run"}[r.shape];return a`<span class="badges">
    <span class="badge ${r.effect}">${r.effect}</span>${s?a`<span class="badge">${s}</span>`:l}
  </span>`}customElements.define("nis-explore",Ue);var jt=.8,Fe=class extends w{static{this.properties={...w.properties,budgets:{state:!0},more:{state:!0},admin:{state:!0},writes:{state:!0}}}constructor(){super(),[this.budgets,this.more,this.admin,this.writes]=[null,!1,!1,!1]}async look(){let[s,e,t]=await Promise.all([R(P),R("budgets:write"),u("/budgets?limit=100")]);return()=>{[this.budgets,this.more]=[t.budgets,t.next_cursor!==null],[this.admin,this.writes]=[s,e]}}render(){let{budgets:s}=this;return a`<div class="column wide-column">
      <header class="head">
        <h1>Budgets ${this.writes?a`<button class="primary small" @click=${()=>{this.change("budgets.create_budget","A new budget","Create")}}>New budget</button>`:l}</h1>
        <p class="lede">
          What may be spent on models. What a call can cost at most is reserved before it is sent: one that could cross a limit is
          refused, or takes a cheaper route.
        </p>
        ${s&&!this.admin?a`<p class="note">These are yours. Budgets of keys, users and the server are for who has the scope <code>server:admin</code>.</p>`:l}
      </header>
      ${this.standing(s!==null,"the budgets")}
      ${s&&this.holds?s.length?a`<ul class="budgets">${s.map(e=>this.row(e))}</ul>`:a`<p class="empty">There is no budget: nothing limits what is spent. What is spent is under <a href="#/usage">Usage</a>.</p>`:l}
      ${this.more?a`<p class="note">These are the newest hundred; <a href=${y("budgets.list_budgets")}>find others by what they are about</a>.</p>`:l}
    </div>`}row(s){let e=s.scope==="server"?"The whole server":s.subject==="*"?`Every ${s.scope}`:`${s.scope} ${s.subject}`,t=s.name||e,{used:i,limit:n}=s,o=i===null?null:n>0?i/n:1;return a`<li class="panel">
      <div class="bar">
        <h2>${t}</h2>
        ${s.enabled?l:a`<span class="badge">does not hold</span>`}
        ${this.writes?a`<button class="small" aria-label="Edit ${t}" @click=${()=>{this.change("budgets.update_budget",`Change ${t}`,"Save",s)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${t}" @click=${()=>{this.change("budgets.delete_budget",`Delete ${t}?`,"Delete",s)}}>Delete</button>`:l}
      </div>
      ${o===null?a`<p class="spend">up to <strong>${f(n)}</strong> for each ${s.scope}</p>`:a`<p class="spend"><strong>${f(i)}</strong> of ${f(n)} <span class="note">${ae(o)}</span>${$s(s,o)}</p>
            <meter min="0" max="1" low=${jt} high="0.9999" optimum="0" value=${Math.min(1,o)} aria-label="Used of ${t}">${ae(o)}</meter>`}
      <p class="facts">
        ${s.name||!["*",""].includes(s.subject)?a`<span>${ys(s)}</span>`:l}
        <span>${s.period==="total"?"in all":`a ${s.period}`}${s.resets_at?a`, anew on ${new Date(s.resets_at).toLocaleString(void 0,{dateStyle:"medium",timeStyle:"short"})}`:l}</span>
        <span>${s.model?a`models <code>${s.model}</code>`:"all models"}</span>
        <span>${s.action==="refuse"?"then calls are refused":"then a cheaper route is taken"}</span>
      </p>
    </li>`}};function $s(r,s){return s<jt||!r.enabled?l:a` <strong class=${s<1?"warned":"bad"}>${s<1?"nearly used up":r.action==="refuse"?"used up: calls are refused":"used up"}</strong>`}function ys({scope:r,subject:s}){if(r==="server")return"the whole server";if(s==="*")return`every ${r}`;let e=r==="run"?m({page:"run",id:s}):r==="conversation"?m({page:"chat",id:s}):"";return a`${r} ${e?a`<a class="id" href=${e}>${s}</a>`:a`<code>${s}</code>`}`}customElements.define("nis-budgets",Fe);var ws=["id","owner","created","updated"],Ut=120,Ne=class extends ve{async page(s){let e={limit:"50",...s?{cursor:s}:{}},{changes:t,next_cursor:i}=await u(`/routes/list-changes?${new URLSearchParams(e)}`);return{lines:t,next_cursor:i}}render(){let{lines:s}=this;return a`<header class="head">
        <h1>Changes</h1>
        <p class="lede">Who has changed which provider, route, price or budget; written down with the change itself.</p>
      </header>
      ${this.standing(s!==null,"the changes")}
      ${s&&this.holds?s.length?a`<ol class="budgets">${s.map(ks)}</ol>`:a`<p class="empty">Nothing has been changed since this server was set up.</p>`:l}
      ${this.more?a`<button @click=${()=>{this.next()}}>Earlier changes</button>`:l}`}};function ks(r){let s=new Date(r.created*1e3),e=(r.after??r.before)?.name;return a`<li class="panel change">
    <p>
      <strong>${r.by_owner}</strong>${r.by_key?a` <span class="note">with ${r.by_key}</span>`:l}
      ${r.action}d the ${r.subject} ${typeof e=="string"&&e?a`${e} `:l}<code>${r.subject_id}</code>
      <time class="note" datetime=${s.toISOString()} title=${s.toLocaleString()}>${X(r.created)}</time>
    </p>
    ${r.before&&r.after?Ht(r.before,r.after):a`<details><summary>What it ${r.after?"is":"was"}</summary>${Ht(r.before??{},r.after??{})}</details>`}
  </li>`}function Ht(r,s){let[e,t]=[We(r),We(s)],i=Object.keys({...e,...t}).filter(o=>!ws.includes(o)&&!ht(e[o],t[o])),n=o=>a`<div>
    <dt>${o==="cap"?"limit":o}</dt>
    <dd>${o in e?a`<del>${Ft(e[o],o)}</del>`:l} ${o in t?a`<ins>${Ft(t[o],o)}</ins>`:l}</dd>
  </div>`;return a`<dl class="rows">${i.map(n)}</dl>`}function We(r,s=""){let e=r;if(typeof r=="string"&&/^[[{]/.test(r))try{e=JSON.parse(r)}catch{}return typeof e!="object"||e===null?{[s]:r}:Object.assign({},...Object.entries(e).map(([t,i])=>We(i,s?`${s}.${t}`:t)))}function Ft(r,s){if(/^(cap$|rates\.)/.test(s)&&typeof r=="number")return f(r/j);let e=typeof r=="string"?r||"nothing":JSON.stringify(r)??"nothing";return e.length>Ut?`${e.slice(0,Ut)}…`:e}customElements.define("nis-changes",Ne);var Be=a`<p class="note">To change them takes a key with the scope <code>server:admin</code>, which this one has not.</p>`,Ve=class extends w{static{this.properties={...w.properties,routes:{state:!0},more:{state:!0},writes:{state:!0}}}constructor(){super(),[this.routes,this.more,this.writes]=[null,!1,!1]}async look(){let[s,e]=await Promise.all([R(P),u("/routes?limit=100")]);return()=>{[this.routes,this.more,this.writes]=[e.routes,e.next_cursor!==null,s]}}render(){let{routes:s}=this;return a`<header class="head">
        <h1>Routes ${this.writes?a`<button class="primary small" @click=${()=>{this.change("routes.create_route","A new route","Create")}}>New route</button>`:l}</h1>
        <p class="lede">
          A name that callers give as <code>model</code>. Of a tier, models share the calls by their weights; when none of them answers,
          the next tier is asked.
        </p>
        ${s&&!this.writes?Be:l}
      </header>
      ${this.standing(s!==null,"the routes")}
      ${s&&this.holds?s.length?a`<ul class="budgets">${s.map(e=>this.row(e))}</ul>`:a`<p class="empty">There is no route: a caller names a model itself, and is told when that one fails.</p>`:l}
      ${this.more?a`<p class="note">These are the first hundred by name.</p>`:l}`}row(s){let{policy:e}=s,t=[...new Set(s.targets.map(i=>i.tier))].sort((i,n)=>i-n);return a`<li class="panel">
      <div class="bar">
        <h2><code>${s.id}</code></h2>
        ${s.enabled?l:a`<span class="badge">disabled</span>`}
        <button class="small" aria-label="Explain ${s.id}" @click=${()=>{this.change("routes.explain_route",`Where a call to ${s.id} goes now`,"Explain",s)}}>Explain</button>
        ${this.writes?a`<button class="small" aria-label="Edit ${s.id}" @click=${()=>{this.change("routes.update_route",`Change ${s.id}`,"Save",s)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${s.id}" @click=${()=>{this.change("routes.delete_route",`Delete ${s.id}?`,"Delete",s)}}>Delete</button>`:l}
      </div>
      <ol class="tiers">
        ${t.map((i,n)=>a`<li>${n?a`<span class="note">then </span>`:l}${Ts(s.targets.filter(o=>o.tier===i))}</li>`)}
      </ol>
      <p class="facts">
        <span>${e.retries===1?"1 retry":`${e.retries} retries`}</span>
        <span>first word within ${e.first_byte} s, whole within ${e.total} s</span>
        ${e.hedge_after===null?l:a`<span>hedged after ${e.hedge_after} s</span>`}
        ${e.cache==="none"?l:a`<span>${e.cache} cache for ${e.cache_seconds} s</span>`}
        ${e.ladder.length?a`<span>cheaper: ${e.ladder.join(", ")}</span>`:l}
      </p>
    </li>`}};function Ts(r){let s=r.reduce((e,t)=>e+t.weight,0);return r.map(e=>a`<span class="target"><code>${e.model}</code> ${r.length>1?a`<span class="note">${e.weight?ae(e.weight/s):"after the others"}</span>`:l}</span>`)}customElements.define("nis-routes",Ve);var Ge=class extends w{static{this.properties={...w.properties,providers:{state:!0},writes:{state:!0}}}constructor(){super(),[this.providers,this.writes]=[null,!1]}async look(){let[s,{providers:e}]=await Promise.all([R(P),u("/providers")]);return()=>{[this.providers,this.writes]=[e,s]}}render(){let{providers:s}=this;return a`<header class="head">
        <h1>Providers ${this.writes?a`<button class="primary small" @click=${()=>{this.change("providers.create_provider","A new provider","Create")}}>New provider</button>`:l}</h1>
        <p class="lede">Who is asked for models. Keys stay in the server's settings and are only named here. A state is what this process sees.</p>
        ${s&&!this.writes?Be:l}
      </header>
      ${this.standing(s!==null,"the providers")}
      ${s&&this.holds?a`<div class="wide" role="region" aria-label="Providers" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  ${["provider","state","speaks","address","key"].map(e=>a`<th scope="col">${e}</th>`)}
                  <th scope="col" class="n">at a time</th><th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${s.map(e=>this.row(e))}</tbody>
            </table>
          </div>`:l}`}row(s){let e=s.state==="ready";return a`<tr>
      <th scope="row"><code>${s.id}</code>${s.source==="settings"?l:a`<span class="note">${s.source}</span>`}</th>
      <td class=${e?"":"said"}><span class="state-mark ${e?"ok":s.enabled?"failed":""}"><i></i>${s.state}</span></td>
      <td>${s.kind}</td>
      <td class="id">${s.url||"this machine"}</td>
      <td>${s.key_name?a`<code>${s.key_name}</code>`:s.url&&s.source==="settings"?"the settings'":"–"}</td>
      <td class="n">${s.concurrency}</td>
      <td class="does">
        <button class="small" aria-label="Test ${s.id}" @click=${()=>{this.change("providers.test_provider",`Test ${s.id}`,"Test again",s)}}>Test</button>
        ${this.writes?a`<button class="small plain" aria-label="Edit ${s.id}" @click=${()=>{this.change("providers.update_provider",`Change ${s.id}`,"Save",s)}}>Edit</button>
              ${s.source==="run time"?a`<button class="small plain" aria-label="Delete ${s.id}" @click=${()=>{this.change("providers.delete_provider",`Delete ${s.id}?`,"Delete",s)}}>Delete</button>`:l}`:l}
      </td>
    </tr>`}};customElements.define("nis-providers",Ge);var xs=12,Rs=20,Nt=new Set(["route","agent"]),Es=[["","models"],["routes","routes"],["providers","providers"],["changes","changes"]];function Wt(r){let s={"":a`<nis-models></nis-models>`,routes:a`<nis-routes></nis-routes>`,providers:a`<nis-providers></nis-providers>`,changes:a`<nis-changes></nis-changes>`};return a`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${Es.map(([e,t])=>a`<a class="chip" href=${m({page:"models",part:e})} aria-current=${e===r?"true":l}>${t}</a>`)}
    </nav>
    ${s[r]}
  </div>`}var Ke=class extends w{constructor(){super();this.free=new Set;this.pause=6e4;[this.listed,this.prices,this.sought,this.sets]=[null,new Map,"",!1]}static{this.properties={...w.properties,listed:{state:!0},prices:{state:!0},sought:{state:!0},sets:{state:!0}}}async look(){let[e,t,i,{providers:n}]=await Promise.all([R(P),u("/models?limit=1000"),this.known(),u("/providers")]);return()=>{[this.listed,this.prices,this.sets]=[t,i,e],this.free=new Set(n.filter(o=>!o.billed).map(o=>o.id))}}async known(){let e=new Map,t=null;for(let i=0;i<Rs;i++){let n=new URLSearchParams({limit:"100",...t?{cursor:t}:{}}),{prices:o,next_cursor:d}=await u(`/models/list-prices?${n}`);for(let c of o)e.set(c.model,c);if(t=d,t===null)break}return e}render(){let{listed:e}=this;return a`<header class="head">
        <h1>Models</h1>
        <p class="lede">What <code>model</code> takes, in the chat and over every protocol. Prices are in dollars for a million tokens.</p>
      </header>
      ${this.standing(e!==null,"the models")}
      ${e&&this.holds?this.shown(e):l}`}shown({models:e,unavailable:t}){let i=e.filter(n=>n.id.toLowerCase().includes(this.sought.toLowerCase()));return a`${t.map(n=>a`<div class="failure"><p><strong>${n.provider} lists no model.</strong> ${n.reason} <span class="remedy">${n.remedy}</span></p></div>`)}
      ${e.length>xs?a`<label class="hidden" for="sought">Find a model</label>
            <input id="sought" class="sought" type="search" placeholder="Find a model" @input=${n=>this.sought=n.target.value} />`:l}
      ${i.length?a`<div class="wide" role="region" aria-label="Models" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  <th scope="col">model</th><th scope="col">can</th>
                  ${["context","$ in","$ cached","$ out"].map(n=>a`<th scope="col" class="n">${n}</th>`)}
                  <th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${i.map(n=>this.row(n))}</tbody>
            </table>
          </div>`:a`<p class="empty">${e.length?"No model is called that.":a`There is no model. <a href="#/models/providers">Set up a provider.</a>`}</p>`}`}row(e){let t=this.prices.get(e.id),i=x=>a`<td class="n" title=${t?`${t.source}${x?.[1]?`; ${x.slice(1).map(({over:de,dollars:xe})=>`${f(xe)} above ${b(de)} tokens`).join(", ")}`:""}`:l}>
        ${x?.[0]?f(x[0].dollars):"–"}${x?.[1]?"+":""}
      </td>`,n=t?.context??e.context_tokens,[o,d,c]=[t?.input[0]?.dollars,t?.cached[0]?.dollars,t?.output[0]?.dollars],h={input:o,output:c,cached:d===o?void 0:d,context:t?.context};return a`<tr>
      <th scope="row"><code>${e.id}</code> ${e.demonstration?a`<span class="badge">demonstration</span>`:l}</th>
      <td>${e.tools?"use tools":""}</td>
      <td class="n">${n==null?"–":b(n)}</td>
      ${t?a`${i(t.input)}${i(t.cached)}${i(t.output)}`:a`<td class="n note" colspan="3">${this.free.has(e.provider)?"not billed":Nt.has(e.provider)?"by its models":"no price known"}</td>`}
      <td class="does">
        <button class="small" aria-label="Test ${e.id}" @click=${()=>{Pe({name:"models.test_model",title:`Test ${e.id}`,button:"Test again",of:{id:e.id}})}}>Test</button>
        ${this.sets&&!Nt.has(e.provider)?a`<button
              class="small plain" aria-label="Set the price of ${e.id}"
              @click=${async()=>{let x=`${e.provider}:${e.name}`;await Pe({name:"models.set_price",title:`What ${e.id} costs`,button:"Set",of:{model:x},given:h})&&await this.again()}}
            >Price</button>`:l}
      </td>
    </tr>`}};customElements.define("nis-models",Ke);var ke=100;function Vt(r,s){let e=Math.max(...s.map(n=>n.value)),t=s.find(n=>n.value===e),i=n=>e>0?n/e*ke:0;return a`<figure class="bars">
    <figcaption>${r} <span class="note">${e>0?`at most ${t.said}`:l}</span></figcaption>
    <svg
      role="img" viewBox="0 0 ${s.length} ${ke}" preserveAspectRatio="none"
      aria-label="${r}, ${s[0]?.label} to ${s.at(-1)?.label}${e>0?`; the most on ${t.label}: ${t.said}`:""}"
    >
      ${s.map(({label:n,value:o,said:d},c)=>ce`<g>
          <title>${n}: ${d}</title>
          <rect class="back" x=${c} width="1" height=${ke}></rect>
          <rect x=${c+.12} width="0.76" y=${ke-i(o)} height=${i(o)}></rect>
        </g>`)}
    </svg>
    <p class="ends" aria-hidden="true"><span>${s[0]?.label}</span><span>${s.at(-1)?.label}</span></p>
  </figure>`}var Je=class extends ve{async page(s){let{calls:e,next_cursor:t}=await u(`/calls?${new URLSearchParams({limit:"20",...s?{cursor:s}:{}})}`);return{lines:e,next_cursor:t}}render(){let{lines:s}=this;return a`<section class="panel" id="calls">
      <div class="bar"><h2>Your last calls</h2></div>
      ${this.standing(s!==null,"the calls")}
      ${s&&this.holds?s.length?this.table(s):a`<p class="empty">None yet.</p>`:l}
      ${this.more?a`<button class="small" @click=${()=>{this.next()}}>Earlier calls</button>`:l}
    </section>`}table(s){return a`<div class="wide" role="region" aria-label="Your last calls" tabindex="0">
      <table class="runs calls">
        <thead><tr>${[["ended",""],["sent",""],["model",""],["for",""],["tokens","n"],["cost","n"],["first word","n"],["whole","n"]].map(([t,i])=>a`<th scope="col" class=${i}>${t}</th>`)}</tr></thead>
        <tbody>${s.map(t=>this.row(t))}</tbody>
      </table>
    </div>`}row(s){let e=new Date(s.created*1e3);return a`<tr>
      <td>${be(s.state)}${s.problem?a`<span class="note">${s.problem}</span>`:l}</td>
      <td><time datetime=${e.toISOString()} title=${e.toLocaleString()}>${X(s.created)}</time></td>
      <td>
        <code>${s.provider}:${s.model}</code>
        ${s.route||s.attempt>1?a`<span class="note">${s.route?`on ${s.route}`:""}${s.attempt>1?` try ${s.attempt}`:""}</span>`:l}
      </td>
      <td>${s.run_id?a`<a href=${m({page:"run",id:s.run_id})}>${s.operation}</a>`:s.operation}</td>
      <td class="n" title="in and out">${b(s.input)} → ${b(s.output)}</td>
      <td class="n">${s.priced?f(s.cost):a`<span class="note">no price</span>`}</td>
      <td class="n">${U(s.first_ms)}</td>
      <td class="n">${U(s.total_ms)}</td>
    </tr>`}};customElements.define("nis-calls",Je);var Ss=["day","model","provider","route","operation","key"],_s=[[1,"today"],[7,"7 days"],[30,"30 days"],[90,"90 days"]],Ps=864e5,Ms={key:"no key",route:"no route"},Cs=400,Ye=r=>new Date(r).toISOString().slice(0,10),Te=(r,s)=>Ye(Date.parse(r)+s*Ps),ze=class extends w{constructor(){super();this.down=e=>{e.preventDefault(),this.querySelector("#calls")?.scrollIntoView()};[this.daily,this.groups,this.admin,this.unsaved]=[null,null,!1,null]}static{this.properties={...w.properties,chosen:{attribute:!1},daily:{state:!0},groups:{state:!0},admin:{state:!0},unsaved:{state:!0}}}willUpdate(e){!this.hasUpdated||!e.has("chosen")||JSON.stringify(e.get("chosen"))===JSON.stringify(this.chosen)||(this.unsaved=null,this.again())}get asked(){let{since:e,until:t,days:i,everyone:n}=this.chosen,o=Ye(Date.now());return{...e||t?{since:e||null,until:t?Te(t,1):null}:{since:Te(o,1-i),until:Te(o,1)},...n?{owner:"*"}:{}}}async look(){let{asked:e}=this,{by:t}=this.chosen,i=c=>u("/usage/get-usage",E("POST",{...e,by:[c]})),[n,o,d]=await Promise.all([R(P),i("day"),t==="day"?null:i(t)]);return()=>{this.admin=n,[this.daily,this.groups]=[o,d??o]}}render(){let{daily:e,groups:t}=this;return a`<div class="column wide-column">
      <header class="head">
        <h1>Usage</h1>
        <p class="lede">Every call of a model, what it took and what it cost. The sums are exact: they are those of the <a href="#calls" @click=${this.down}>calls below</a>. Days are UTC.</p>
      </header>
      ${this.choice()}
      ${this.standing(e!==null,"the usage")}
      ${e&&t&&this.holds?e.total.calls?this.sums(e,t):Is:l}
      ${this.unsaved?v(this.unsaved):l}
      <nis-calls></nis-calls>
    </div>`}choice(){let{chosen:e}=this,t=(o,d,c)=>a`<a class="chip" href=${m({...e,...d})} aria-current=${c?"true":l}>${o}</a>`,i=e.since||e.until,n=(o,d)=>a`<label>
      ${d}<input
        type="date" .value=${e[o]} max=${Ye(Date.now())}
        @change=${c=>H({...e,[o]:c.target.value})}
      />
    </label>`;return a`<div class="choice">
      <nav class="families" aria-label="Days">
        ${_s.map(([o,d])=>t(d,{days:o,since:"",until:""},!i&&e.days===o))}
      </nav>
      <div class="dates">${n("since","from")} ${n("until","to")}</div>
      ${this.admin?a`<nav class="families" aria-label="Whose">
            ${t("mine",{everyone:!1},!e.everyone)} ${t("everyone's",{everyone:!0},e.everyone)}
          </nav>`:l}
    </div>`}sums(e,t){let{total:i}=e,n=[["Cost",f(i.cost),i.saved?`${f(i.saved)} saved by the cache`:""],["Calls",b(i.calls),i.failed?`${b(i.failed)} failed`:"none failed"],["Cached",b(i.hits),"answered without a model"],["Tokens",b(i.input+i.output),`${b(i.input)} in, ${b(i.output)} out`],["First word",U(i.first_ms),`on average; whole ${U(i.total_ms)}`]];return a`<dl class="figures">
        ${n.map(([o,d,c])=>a`<div><dt>${o}</dt><dd>${d} <span class="note">${c}</span></dd></div>`)}
      </dl>
      ${i.unpriced?a`<p class="note">${b(i.unpriced)} of the calls were of models of which no price is known: what they cost is missing here. <a href="#/models">Set their prices.</a></p>`:l}
      <div class="pair">${this.chart(e,"Cost by day","cost",f)} ${this.chart(e,"Calls by day","calls",b)}</div>
      <section class="panel">
        <div class="bar">
          <h2>By ${this.chosen.by}</h2>
          <button class="small" @click=${()=>{this.save("usage")}}>Sums as CSV</button>
          ${this.chosen.everyone?l:a`<button class="small" @click=${()=>{this.save("calls")}}>Calls as CSV</button>`}
        </div>
        <nav class="families" aria-label="Sums by">
          ${Ss.map(o=>a`<a class="chip" href=${m({...this.chosen,by:o})} aria-current=${o===this.chosen.by?"true":l}>${o}</a>`)}
        </nav>
        ${this.table(t)}
      </section>`}chart(e,t,i,n){let o=new Map(e.rows.map(c=>[c.day,c[i]])),d=[];for(let c=e.since;c<e.until;c=Te(c,1)){let h=o.get(c)??0;d.push({label:c,value:h,said:n(h)})}return d.length>1&&d.length<=Cs?Vt(t,d):l}table({rows:e,by:[t=""]}){let i=t==="day"?[...e].reverse():e.toSorted((n,o)=>o.cost-n.cost||o.calls-n.calls);return a`<div class="wide" role="region" aria-label="Usage by ${t}" tabindex="0">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">${t}</th>
            ${["calls","failed","cached","tokens in","tokens out","cost","first word, mean","whole, mean"].map(n=>a`<th scope="col" class="n">${n}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${i.map(n=>a`<tr>
              <th scope="row">${n[t]||Ms[t]||"none"}</th>
              ${[b(n.calls),b(n.failed),b(n.hits),b(n.input),b(n.output),f(n.cost),U(n.first_ms),U(n.total_ms)].map(o=>a`<td class="n">${o}</td>`)}
            </tr>`)}
        </tbody>
      </table>
    </div>`}async save(e){this.unsaved=null;let t=this.chosen.by==="day"?["day"]:["day",this.chosen.by];try{let i=await G("/usage/get-export",E("POST",{...this.asked,what:e,by:t},{Accept:"text/csv"})),n=document.createElement("a");n.href=URL.createObjectURL(await i.blob()),n.download=i.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1]??`${e}.csv`,n.click(),setTimeout(()=>URL.revokeObjectURL(n.href),6e4)}catch(i){this.unsaved=$(i)}}},Is=a`<p class="empty">No calls in these days. <a href="#/">Ask something in the chat</a>, or send a request to <code>/v1/chat/completions</code>: it is here a moment later.</p>`;customElements.define("nis-usage",ze);function Bt(r){let[,...s]=r.description.split(/\n\s*\n/),e=[["REST",r.routes.map(t=>a`<code>${t}</code> `)],["MCP tool",a`<code>${ct(r.id)}</code>`],["Command line",a`<code>nis call ${r.id}</code>`],["Scopes",r.scopes.length?r.scopes.map(t=>a`<code>${t}</code> `):"none"],["Time limit",r.shape==="run"?"the run's own":`${r.time_limit} s`],["Runs in",r.pool?`the worker pool ${r.pool}`:"the server"]];return a`${s.length?a`<section class="about prose">${I(qs(s.join(`

`)))}</section>`:l}
    <details class="panel">
      <summary>Where it is called</summary>
      <dl class="rows">${e.map(([t,i])=>a`<div><dt>${t}</dt><dd>${i}</dd></div>`)}</dl>
    </details>
    <details class="panel">
      <summary>What it answers</summary>
      ${Ls(r.result_schema)}
    </details>`}function qs(r){return r.replace(/^(Raises|Source|Note):\s*$/gm,`**$1**
`).replace(/^ {4,}(\w+): /gm,"- `$1`: ")}function Ls(r){let s=Object.entries(r.properties??{});return s.length?a`<div class="wide" tabindex="0" role="region" aria-label="Fields of the result"><table>
    <tbody>
      ${s.map(([e,t])=>a`<tr>
          <th scope="row"><code>${e}</code></th>
          <td class="kind">${Qe(t)}</td>
          <td>${t.unit?a`<span class="unit">${t.unit}</span> `:l}${t.description?he(t.description):l}</td>
        </tr>`)}
    </tbody>
  </table></div>`:q(T(r))}function Qe(r){let{$ref:s,anyOf:e,items:t,type:i,enum:n}=r;return s?s.replace("#/$defs/",""):n?n.map(o=>JSON.stringify(o)).join(", "):e?e.map(Qe).join(" or "):i==="array"?`list of ${t?Qe(t):"anything"}`:i??"anything"}function Gt(r,s,e,t){let i=$t.filter(d=>d.fits?.(r)??!0),n=i.find(d=>d.id===e)??i[0],o=n.text({line:r,given:s,origin:location.origin,keyed:F.get()!==null});return a`<section class="panel code" aria-labelledby="elsewhere">
    <div class="bar">
      <h2 id="elsewhere" class="hidden">The same call</h2>
      <div class="switch" role="group" aria-label="The same call in">
        ${i.map(d=>a`<button type="button" aria-pressed=${d===n} @click=${()=>t(d.id)}>${d.name}</button>`)}
      </div>
      <nis-copy .text=${o} label="Copy the ${n.name} call"></nis-copy>
    </div>
    <pre class="code-block" tabindex="0" data-snippet=${n.id}><code>${o}</code></pre>
    ${n.note?a`<p class="note">${n.note}</p>`:l}
    <p class="note"><a href=${y(r.name,s)}>A link to this call</a></p>
  </section>`}var Kt=400;function le(r){let s=As(r),e=s.slice(-Kt),t=r[0]?.time??0;return a`${s.length>e.length?a`<p class="note">The last ${Kt} of ${s.length} entries.</p>`:l}
    <ol class="timeline">
      ${e.map(i=>a`<li class="${i.first.body.type} ${i.gone?"gone":""}">
          <span class="at" title=${new Date(i.first.time*1e3).toLocaleString()}>${A(i.first.time-t,2)}</span>
          <span class="seq">${i.first.seq===i.last.seq?i.first.seq:`${i.first.seq}–${i.last.seq}`}</span>
          <div class="what">${J([i.first,i.last,i.gone],()=>Os(i))}</div>
        </li>`)}
    </ol>`}function As(r){let s=[];for(let e of r){let{body:t}=e;if(t.type==="noted")continue;if(t.type==="step_retried")for(let d of s)d.gone||=Xe(d.first.body)&&d.first.body.step===t.step;let i=s.at(-1),n=Xe(t)?t.text:"";i&&Xe(t)&&i.first.body.type===t.type&&i.first.body.step===t.step?[i.last,i.text]=[e,i.text+n]:i?.first.body.type==="progress"&&t.type==="progress"?(i.last=e,i.measured.push(...ne(e))):s.push({first:e,last:e,text:n,gone:!1,measured:ne(e)})}return s}var Xe=r=>r.type==="text_delta"||r.type==="reasoning_delta";function Os({first:r,last:s,text:e,gone:t,measured:i}){let n=s.body;switch(n.type){case"started":return a`<strong>Started</strong> <a href=${y(n.operation)}><code>${n.operation}</code></a>${n.attempt>1?a` <span class="note">attempt ${n.attempt}</span>`:l}`;case"text_delta":return a`${t?a`<span class="note">Taken back:</span>`:l}<div class="prose said">${I(e)}</div>`;case"reasoning_delta":return a`<details><summary>${t?"Taken back: it thought":"Thought"}</summary><div class="prose">${I(e)}</div></details>`;case"model_called":return a`<strong>Model asked</strong> ${n.provider} · ${n.model}`;case"model_answered":return a`<strong>Model answered</strong> <span class="note">${[n.answered_by,n.finish_reason,n.input_tokens?`${n.input_tokens} tokens in`:"",n.output_tokens?`${n.output_tokens} out`:"",n.cost?f(n.cost/j):""].filter(Boolean).join(" · ")}</span>`;case"tool_called":return a`<strong>Called</strong> <a href=${y(n.operation,n.arguments)}><code>${n.operation}</code></a>
        ${B("Arguments",n.arguments)}`;case"tool_answered":return a`<strong>${n.problem?"Refused":"Answered"}</strong> <code>${n.operation}</code>
        ${n.problem?v(n.problem):B("Result",n.result)}`;case"progress":return a`<strong>Progress</strong> <progress max="1" .value=${n.fraction} aria-label="Progress"></progress>
        <span class="note">${Math.round(100*n.fraction)} % ${n.message}</span>${$e(i)}`;case"surface":return a`<strong>Shown</strong> ${n.views.map(z)}`;case"input_required":return a`<strong>Asks</strong> for ${n.missing.join(", ")||"a choice"} ${n.operation?a`of <code>${n.operation}</code>`:l}
        <span class="note">${n.question}</span>`;case"approval_required":return a`<strong>Asks</strong> to be allowed <code>${n.operation}</code> <span class="note">${n.reason}</span>
        ${B("Arguments",n.arguments)}`;case"noted":return a`<strong>Noted</strong> <code>${n.name}</code> ${B("Value",n.value)}`;case"artifact":return a`<strong>Made</strong> ${n.name} <span class="note">${n.media_type} · ${n.size} bytes</span>`;case"step_retried":return a`<strong>Begun again</strong> <span class="note">step ${n.step}: ${n.reason}</span>`;case"warning":return a`<strong>Warning</strong> ${n.message}`;case"cancel_requested":return a`<strong>Told to stop</strong>`;case"pause_requested":return a`<strong>Told to pause</strong>`;case"resume_requested":return a`<strong>Told to go on</strong>`;case"approved":return a`<strong class="good">Approved</strong>`;case"rejected":return a`<strong class="bad">Rejected</strong> ${n.reason}`;case"input_provided":return a`<strong>Told</strong> ${B("Values",n.values)}`;case"retry_scheduled":return a`<strong>To be tried again</strong> ${n.problem.detail?v(n.problem):l}`;case"released":return a`<strong>${{shutdown:"Handed over",paused:"Paused",waiting:"Waits"}[n.reason]}</strong>`;case"succeeded":return a`<strong class="good">Succeeded</strong> ${B("Result",n.result)}`;case"failed":return a`<strong class="bad">Failed</strong> ${v(n.problem)}`;case"cancelled":return a`<strong>Stopped</strong>`;default:return a`<strong>${r.body.type}</strong> ${B("Event",r.body)}`}}function B(r,s){return a`<details><summary>${r}</summary>${q(T(s))}</details>`}function Jt(r,s,e,t){if(!r)return a`<div class="bar"><h2>Result</h2></div>
      <p class="placeholder">Run it to see the result here${s.shape==="run"?", its events as they happen":s.shape==="stream"?", as it comes":""}.</p>`;let i=[["drawn","Drawn"],["json","JSON"],...r.log?[["events","Events"]]:[]],n=r.result!==void 0||r.items.length>0||r.log!==null;return a`<div class="bar">
      <h2>Result</h2>
      <span class="took ${r.state}" role="status">${Ds(r)}</span>
      ${n?a`<div class="switch" role="group" aria-label="How to look at it">
              ${i.map(([o,d])=>a`<button type="button" aria-pressed=${o===e} @click=${()=>t(o)}>${d}</button>`)}
            </div>
            <nis-copy .text=${()=>T(Ze(r))} label="Copy the result as JSON"></nis-copy>`:l}
    </div>
    ${n?js(r,e):r.state==="running"?a`<p class="waiting"><span class="pulse"></span> computing</p>`:l}
    ${r.log?.runId&&r.log.asked?a`<nis-asked .runId=${r.log.runId} .asked=${r.log.asked}></nis-asked>`:l}
    ${r.log?.runId?a`<p class="note">Run <a class="id" href=${m({page:"run",id:r.log.runId})}>${r.log.runId}</a></p>`:l}`}var Ds=r=>r.state==="running"?r.items.length?`${r.items.length} so far`:"running":`${{done:"done",failed:"failed",stopped:"stopped"}[r.state]} · ${A((r.took??0)/1e3)}`,Ze=r=>r.result??(r.log?r.log.events:r.items);function js(r,s){if(s==="json")return q(T(Ze(r)));if(s==="events"&&r.log)return le(r.log.events);if(r.log&&!r.views.length)return le(r.log.events);let e=bt(r.result);if(e)return a`<div class="views"><nis-text .file=${e}></nis-text></div>`;let t=r.views.filter(o=>o.kind!=="form"),i=new Set(t.map(o=>"blob"in o?o.blob:"")),n=vt(r.result).filter(o=>!i.has(o.id)).map(o=>a`<nis-blob .blob=${o}></nis-blob>`);return t.length||n.length?a`<div class="views">${n}${t.map(z)}</div>`:r.items.length?Us(r.items):q(T(Ze(r)))}function Us(r){let s=r.filter(o=>typeof o=="object"&&o!==null),e=s.map(o=>typeof o.text=="string"?o.text:"").join("");if(e)return a`<div class="prose" aria-live="polite">${I(e)}</div>`;let t=[...new Set(s.flatMap(o=>Object.keys(o)))],i=o=>typeof o=="number"||typeof o=="string"?o:JSON.stringify(o)??"",n={kind:"table",title:"Items",columns:t,rows:s.slice(-200).map(o=>t.map(d=>i(o[d])))};return ge(n)}var et=class extends g{constructor(){super();this.root=null;this.calling=new AbortController;this.sliding=new Rt(()=>this.given,e=>[this.outcome,this.refusal]=[e,null],e=>this.refusal=e);this.paint=Z(()=>this.requestUpdate());this.line=null,this.detail=null,this.trouble=null,this.outcome=null,this.refusal=null,this.json=null,this.tab="drawn",this.snippet="curl",this.example="",this.input=null}static{this.properties={name:{attribute:!1},input:{attribute:!1},line:{state:!0},detail:{state:!0},trouble:{state:!0},outcome:{state:!0},refusal:{state:!0},json:{state:!0},tab:{state:!0},snippet:{state:!0},example:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("name")?this.open():e.has("input")&&this.detail&&(this.example="",this.fill(this.input??{}))}async open(){this.calling.abort(),[this.detail,this.line,this.trouble,this.outcome,this.refusal,this.json]=[null,null,null,null,null,null];let{name:e}=this;try{let[t,i]=await Promise.all([dt(e),S()]);if(e!==this.name)return;this.line=k(i,e),this.detail=t,this.example=!this.input&&t.examples.length?"0":"",this.fill(this.input??(t.examples[0]?Yt(t.examples[0]):{}))}catch(t){e===this.name&&(this.trouble=$(t))}}fill(e){this.root=re(this.detail.request_schema,e),this.json!==null&&(this.json=T(e)),this.refusal=null,this.requestUpdate()}get given(){if(this.json===null)return this.root?ue(this.root):{};try{let e=JSON.parse(this.json||"{}");return typeof e=="object"&&e!==null&&!Array.isArray(e)?e:null}catch{return null}}async call(e){e?.preventDefault();let{line:t,given:i}=this;if(!t||this.outcome?.state==="running")return;if(i===null){this.refusal={title:"not JSON",detail:"The request is not a JSON object.",remedy:"Mend it, or go back to the form."};return}let{signal:n}=this.calling=new AbortController,o=this.outcome=kt();this.refusal=null,this.tab=t.shape==="model"?this.tab==="events"?"drawn":this.tab:"drawn";try{await Tt(t,i,o,this.paint,n)}catch(d){o.state=n.aborted?"stopped":"failed",n.aborted||(this.refusal=L(d))}this.requestUpdate(),await this.updateComplete,this.reveal()}reveal(){let e=this.querySelector(".answer").getBoundingClientRect();!this.refusal&&(e.top>innerHeight-120||e.bottom<0)&&this.querySelector(".answer").scrollIntoView({block:"start"}),St(this.querySelector(".request"))}async stop(){let e=this.line?.shape==="run"?this.outcome?.log?.runId:null;if(!e)return this.calling.abort();try{await _(e,"cancel")}catch(t){t instanceof te||this.calling.abort()}}render(){let{detail:e,line:t}=this,i=a`<p class="crumbs">
      <a href="#/explore">Explore</a> / <a href=${m({page:"explore",query:"",family:K(this.name)})}>${O(K(this.name))}</a>
    </p>`;return this.trouble?a`<div class="column wide-column">${i}${v(this.trouble,()=>{this.open()})}</div>`:!e||!t?a`<div class="column wide-column">${i}<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div></div>`:a`<div class="column wide-column operation">
      ${i}
      <header class="head">
        <h1><code>${e.id}</code>${He(e)}</h1>
        <p class="lede">${he(e.summary)}</p>
      </header>
      <div class="halves">
        <div class="request">${this.request(e,t)} ${Bt(e)}</div>
        <div class="answer" tabindex="-1">${this.answer(t)} ${Gt(t,this.given??{},this.snippet,n=>this.snippet=n)}</div>
      </div>
    </div>`}request(e,t){let i=this.outcome?.state==="running",n={root:e.request_schema,id:"r",errors:_e(this.root,this.refusal),changed:()=>this.requestUpdate(),...xt(t)&&this.outcome?.state==="done"?{slid:()=>{this.sliding.slid(t,this.calling.signal)}}:{}};return a`<form
      class="panel"
      @submit=${o=>{this.call(o)}}
      @invalid=${Et}
      @keydown=${o=>{o.key==="Enter"&&(o.ctrlKey||o.metaKey)&&o.currentTarget.requestSubmit()}}
    >
      <div class="bar">
        <h2>Request</h2>
        ${this.examples(e.examples)}
        <div class="switch" role="group" aria-label="How to edit">
          <button type="button" aria-pressed=${this.json===null} @click=${()=>this.asForm()}>Form</button>
          <button type="button" aria-pressed=${this.json!==null} @click=${()=>this.json??=T(this.given??{})}>JSON</button>
        </div>
      </div>
      ${this.json!==null?this.editor():this.form(n)}
      <div class="act">
        ${i?a`<button type="button" class="stop" @click=${()=>{this.stop()}}>Stop</button>`:a`<button class="primary">${p("play")}Run</button>`}
        <kbd class="quiet">Ctrl ⏎</kbd>
        ${t.effect==="destroys"?a`<span class="note">This cannot be undone.</span>`:l}
      </div>
    </form>`}examples(e){return e.length?a`<label class="hidden" for="example">Fill in an example</label>
      <select
        id="example"
        class="small"
        @change=${t=>{this.example=t.target.value,this.fill(this.example==="empty"?{}:Yt(e[Number(this.example)]))}}
      >
        <option value="" hidden .selected=${this.example===""}>Examples</option>
        ${e.map((t,i)=>a`<option value=${i} .selected=${String(i)===this.example}>${t.title}</option>`)}
        <option value="empty" .selected=${this.example==="empty"}>Empty</option>
      </select>`:l}form(e){let t=this.root?.parts??[];if(!t.length)return a`<p class="note">It takes no arguments.</p>`;let i=t.filter(o=>o.schema.knob&&!o.required),n=t.filter(o=>!i.includes(o));return a`${ie(n,e)}
      ${i.length?a`<details class="more"><summary>${i.length} ${i.length>1?"settings":"setting"} of the method</summary>${ie(i,e)}</details>`:l}`}editor(){return a`<label class="hidden" for="json">The request as JSON</label>
      <textarea
        id="json" class="code" rows="12" spellcheck="false" aria-invalid=${this.given===null} .value=${this.json??""}
        @input=${e=>this.json=e.target.value}
      ></textarea>
      ${this.given===null?a`<p class="error">This is not a JSON object yet.</p>`:l}`}asForm(){let{given:e}=this;this.json===null||e===null||(this.root=re(this.detail.request_schema,e),this.json=null)}answer(e){let{outcome:t,refusal:i}=this,n=_e(this.root,i);return a`<section class="panel result" aria-label="Result" aria-busy=${t?.state==="running"}>
      ${Jt(t,e,this.tab,o=>this.tab=o)}
      ${i?v(n.size?{...i,errors:[]}:i,()=>{this.call()}):l}
    </section>`}};function Yt(r){let s=Object.entries(r.request).filter(([,e])=>typeof e!="string"||!/^\{[\w.]+\}$/.test(e));return Object.fromEntries(s)}customElements.define("nis-operation",et);var Hs=[{to:"#/",name:"New conversation",note:"Chat",icon:"chat"},{to:"#/documents",name:"Documents: add, search, ask",note:"Documents",icon:"documents"},{to:"#/documents/memory",name:"Memory: what is remembered",note:"Documents",icon:"documents"},{to:"#/explore",name:"Explore operations",note:"Explore",icon:"explore"},{to:"#/runs",name:"Runs",note:"Runs",icon:"runs"},{to:"#/models",name:"Models and prices",note:"Models",icon:"models"},{to:"#/models/routes",name:"Routes of models",note:"Models",icon:"models"},{to:"#/models/providers",name:"Providers of models",note:"Models",icon:"models"},{to:"#/models/changes",name:"Changes of routes, prices and budgets",note:"Models",icon:"models"},{to:"#/usage",name:"Usage and cost",note:"Usage",icon:"usage"},{to:"#/budgets",name:"Budgets",note:"Budgets",icon:"budgets"},{to:"/docs",name:"API reference",note:"OpenAPI",icon:"book"}],Fs=12,tt=class extends g{constructor(){super();this.outside=e=>{e.target===e.currentTarget&&e.currentTarget.close()};this.query="",this.lines=[],this.at=0,this.shown=!1}static{this.properties={query:{state:!0},lines:{state:!0},at:{state:!0},shown:{state:!0}}}open(){this.query="",this.at=0,this.shown=!0,S().then(e=>this.lines=e,()=>{}),this.updateComplete.then(()=>{let e=this.querySelector("dialog");e.open||e.showModal()})}get hits(){let e=this.query.trim().toLowerCase(),t=Hs.filter(o=>o.name.toLowerCase().includes(e)),n=pe(this.lines,e).map(o=>({to:y(o.name),name:o.name,note:o.summary,icon:"play"}));return[...t,...n].slice(0,Fs)}render(){if(!this.shown)return l;let{hits:e}=this;return a`<dialog class="palette" aria-label="Find anything" @close=${()=>this.shown=!1} @click=${this.outside}>
      <div class="ask">
        ${p("explore")}
        <input
          type="search"
          placeholder="Find an operation or a page"
          aria-label="Find an operation or a page"
          role="combobox"
          aria-expanded="true"
          aria-controls="hits"
          aria-activedescendant="hit-${this.at}"
          autocomplete="off"
          spellcheck="false"
          autofocus
          @input=${t=>{this.query=t.target.value,this.at=0}}
          @keydown=${t=>this.press(t,e)}
        />
      </div>
      <ul id="hits" role="listbox" aria-label="Found">
        ${e.map((t,i)=>a`<li
            id="hit-${i}"
            role="option"
            aria-selected=${i===this.at}
            @pointermove=${()=>this.at=i}
            @click=${()=>this.take(t)}
          >
            ${p(t.icon)}<span class="name">${t.name}</span><span class="note">${t.note}</span>
          </li>`)}
      </ul>
      ${e.length?l:a`<p class="empty">Nothing is called that.</p>`}
    </dialog>`}press(e,t){let i={ArrowDown:1,ArrowUp:-1}[e.key];i?(e.preventDefault(),this.at=(this.at+i+t.length)%Math.max(1,t.length),this.updateComplete.then(()=>this.querySelector(`#hit-${this.at}`)?.scrollIntoView({block:"nearest"}))):e.key==="Enter"&&!e.isComposing&&t[this.at]&&(e.preventDefault(),this.take(t[this.at]))}take(e){this.querySelector("dialog").close(),location.href=e.to}};customElements.define("nis-palette",tt);var Ns=["queued","waiting","model","tools","own"],Ws={queued:"queued",waiting:"waiting",model:"model",tools:"tools",own:"nis"};function Vs(r,s){let e={queued:0,waiting:0,model:0,tools:0,own:0},[t,i,n,o,d]=[r,!1,!1,!1,0];for(let{time:c,body:h}of s){let x=n||h.type==="started";switch(e[i?x?"waiting":o?"model":d>0?"tools":"own":"queued"]+=c-t,t=c,h.type){case"started":[i,n]=[!0,!1];break;case"released":n=!0;break;case"model_called":o=!0;break;case"model_answered":case"step_retried":o=!1;break;case"tool_called":d+=1;break;case"tool_answered":d-=1}}return e}function zt(r,s){let e=Vs(r,s),t=Ns.filter(o=>e[o]>0),i=t.reduce((o,d)=>o+e[d],0);if(!i)return l;let n=t.map((o,d)=>t.slice(0,d+1).reduce((c,h)=>c+e[h],0));return a`<figure class="spent" aria-label="Where the time went">
    <svg viewBox="0 0 ${i} 1" preserveAspectRatio="none" aria-hidden="true">
      ${t.map((o,d)=>ce`<rect class=${o} x=${n[d]-e[o]} width=${e[o]} height="1" />`)}
    </svg>
    <figcaption>
      ${t.map(o=>a`<span class=${o}><i></i>${Ws[o]} ${A(e[o],2)} <span class="note">${Math.round(100*e[o]/i)} %</span></span>`)}
    </figcaption>
  </figure>`}var Bs=[["Fork","runs.fork_run"],["Replay","runs.get_replay"],["Export","runs.get_export"]],Gs="the server is out of reach; the run goes on once it is back",st=class extends g{constructor(){super();this.log=new Se(null);this.reading=new AbortController;this.paint=Z(()=>this.requestUpdate());this.again=()=>{this.trouble&&N().state==="ok"?this.open():this.paint()};this.run=null,this.trouble=null,this.refused=null}static{this.properties={runId:{attribute:!1},run:{state:!0},trouble:{state:!0},refused:{state:!0}}}connectedCallback(){super.connectedCallback(),D.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),D.removeEventListener("change",this.again),this.reading.abort()}willUpdate(e){e.has("runId")&&this.open()}async open(){this.reading.abort();let{signal:e}=this.reading=new AbortController;this.log=new Se(this.runId),[this.run,this.trouble,this.refused]=[null,null,null];try{this.run=await u(`/runs/${encodeURIComponent(this.runId)}`,{signal:e}),await Y(this.log,{changed:this.paint,waiting:me,signal:e}),this.run=await u(`/runs/${encodeURIComponent(this.runId)}`,{signal:e})}catch(t){if(e.aborted)return;this.trouble=L(t)}}async tell(e){let t=this.log.ended;this.refused=null;try{let i=await(await _(this.runId,e)).json();e==="retry"&&H({page:"run",id:i.id})}catch(i){(t||!this.log.ended)&&(this.refused=$(i))}}render(){let{run:e,log:t}=this,i=t.events.length?t.state:e?.state??"queued",n=Math.max(e?.attempt??0,t.attempt),o=e?(t.ended?e.updated:t.events.at(-1)?.time??e.updated)-e.created:0,d=t.events.reduce((c,{body:h})=>c+(h.type==="model_answered"?h.cost??0:0),0);return a`<div class="column wide-column run-page">
      <p class="crumbs"><a href="#/runs">Runs</a> / <span class="id">${this.runId}</span><nis-copy .text=${this.runId} label="Copy the run's id"></nis-copy></p>
      ${this.trouble?v(this.trouble,()=>{this.open()}):l}
      ${e?a`<header class="head">
            <h1><a href=${y(e.operation,e.input)}><code>${e.operation}</code></a></h1>
            <div class="facts">
              ${be(i)}
              <span title=${new Date(e.created*1e3).toLocaleString()}>${X(e.created)}</span>
              <span>${A(o)}</span>
              <span>${t.seq||e.last_seq} events</span>
              ${d?a`<span><a href=${y("usage.list_calls",{run_id:e.id})} title="What its models cost: its calls">${f(d/j)}</a></span>`:l}
              ${n>1?a`<span>attempt ${n}</span>`:l}
              ${e.conversation_id?a`<a href=${m({page:"chat",id:e.conversation_id})}>its conversation</a>`:l}
              ${e.parent?a`<span>from <a class="id" href=${m({page:"run",id:e.parent})}>${e.parent}</a> after event ${e.parent_seq}</span>`:l}
              ${_t(i,c=>{this.tell(c)})}
              ${t.ended?Bs.map(([c,h])=>a`<a href=${y(h,{id:e.id})}>${c}</a>`):l}
            </div>
          </header>
          ${this.refused?v(this.refused):l}
          ${t.asked?a`<nis-asked .runId=${e.id} .asked=${t.asked}></nis-asked>`:l}
          ${zt(e.created,t.events)}
          <details class="panel"><summary>Request</summary>${q(T(e.input))}</details>`:l}
      <section aria-label="Events" aria-live=${t.ended?"off":"polite"}>${le(t.events)}</section>
      ${e&&!t.ended&&!this.trouble?a`<p class="waiting"><span class="pulse"></span> <span>${N().state!=="ok"?Gs:i==="running"?"live":i}</span></p>`:l}
    </div>`}};customElements.define("nis-run",st);var rt="nis-theme",it=()=>{let r=localStorage.getItem(rt);return r==="light"||r==="dark"?r:"auto"};function Qt(r){r==="auto"?localStorage.removeItem(rt):localStorage.setItem(rt,r),Ks()}function Ks(){document.documentElement.dataset.theme=it()}var at=[{page:"chat",also:"chat",name:"Chat",icon:"chat",to:"#/"},{page:"documents",also:"memory",name:"Documents",icon:"documents",to:"#/documents"},{page:"explore",also:"operation",name:"Explore",icon:"explore",to:"#/explore"},{page:"runs",also:"run",name:"Runs",icon:"runs",to:"#/runs"},{page:"models",also:"models",name:"Models",icon:"models",to:"#/models"},{page:"usage",also:"usage",name:"Usage",icon:"usage",to:"#/usage"},{page:"budgets",also:"budgets",name:"Budgets",icon:"budgets",to:"#/budgets"}],nt=class extends g{constructor(){super();this.fetched=null;this.dialog=M();this.drawer=M();this.draw=()=>{this.drawn=!0,this.drawer.value.showModal()};this.forget=()=>{F.forget(),location.reload()};this.skip=e=>{e.preventDefault(),this.querySelector("#main").focus()};this.route=Q(location.hash),this.keyWanted=null,this.drawn=!1,lt(e=>this.askKey(e))}static{this.properties={route:{state:!0},keyWanted:{state:!0},drawn:{state:!0}}}connectedCallback(){super.connectedCallback(),addEventListener("hashchange",()=>this.went()),D.addEventListener("change",()=>this.requestUpdate()),addEventListener("keydown",e=>this.press(e))}went(){if(this.route=Q(location.hash),Xt)return;scrollTo({top:0}),document.activeElement?.closest("main input, main textarea, dialog")||this.updateComplete.then(()=>this.querySelector("#main").focus({preventScroll:!0}))}askKey(e){return new Promise(t=>{let i=this.keyWanted;this.keyWanted={again:e||(i?.again??!1),give:n=>{i?.give(n),t(n)}}})}press(e){let t=e.target.closest?.("input, textarea, select, dialog");!(e.key==="k"&&(e.metaKey||e.ctrlKey)||e.key==="/"&&!t)||this.keyWanted||(e.preventDefault(),this.querySelector("nis-palette").open())}updated(){let e=this.dialog.value;this.keyWanted&&e&&!e.open&&e.showModal(),document.title=this.heading}get heading(){let{route:e}=this;return e.page==="operation"?`${e.name} · nis`:e.page==="chat"?"nis":`${at.find(t=>t.page===e.page||t.also===e.page).name} · nis`}render(){return a`
      <a class="skip" href="#main" @click=${this.skip}>Skip to the content</a>
      <aside class="side">
        <div class="top">
          <button class="ghost menu" aria-label="Conversations" @click=${this.draw}>${p("menu")}</button>
          <a class="brand" href="#/" aria-label="nis, start page">${Js}<span>nis</span></a>
          ${this.status()}
        </div>
        <button class="search" @click=${()=>this.querySelector("nis-palette").open()}>
          ${p("explore")}<span>Find anything</span><kbd>${/mac/i.test(navigator.platform)?"⌘":"Ctrl"} K</kbd>
        </button>
        <nav class="pages" aria-label="Pages">${at.map(e=>this.link(e))}</nav>
        <nis-conversations></nis-conversations>
        <div class="foot">
          <a href="/docs">${p("book")}<span>API reference</span></a>
          ${F.get()===null?l:a`<button class="ghost" aria-label="Forget the key" title="Forget the key" @click=${this.forget}>${p("key")}</button>`}
          ${this.themes()}
        </div>
      </aside>
      <main id="main" tabindex="-1">${this.page()}</main>
      <nav class="tabs" aria-label="Pages">${at.map(e=>this.link(e))}</nav>
      <dialog
        class="drawer" aria-label="Conversations" ${C(this.drawer)}
        @click=${e=>(e.target===e.currentTarget||e.target.closest("a"))&&this.drawer.value.close()}
      >
        <div class="bar">
          <a href="#/" class="new">${p("plus")}New conversation</a>
          <button class="ghost" aria-label="Close" @click=${()=>this.drawer.value.close()}>${p("close")}</button>
        </div>
        ${this.drawn?a`<nis-conversations></nis-conversations>`:l}
      </dialog>
      <nis-palette></nis-palette>
      <nis-act></nis-act>
      ${this.keyDialog()}
    `}link(e){let t=this.route.page===e.page||this.route.page===e.also;return a`<a href=${e.to} aria-current=${t?"page":l}>${p(e.icon)}<span>${e.name}</span></a>`}page(){let{route:e}=this;switch(e.page){case"chat":return a`<nis-chat .conversationId=${e.id}></nis-chat>`;case"documents":case"memory":return this.fetched||this.fetch(),this.fetched?.library(e)??a`<div class="column"><div class="skeleton" aria-label="Reading the page"><i></i><i></i><i></i></div></div>`;case"explore":return a`<nis-explore .query=${e.query} .family=${e.family}></nis-explore>`;case"operation":return a`<nis-operation .name=${e.name} .input=${e.input}></nis-operation>`;case"runs":return a`<nis-runs .state=${e.state}></nis-runs>`;case"run":return a`<nis-run .runId=${e.id}></nis-run>`;case"models":return Wt(e.part);case"usage":return a`<nis-usage .chosen=${e}></nis-usage>`;case"budgets":return a`<nis-budgets></nis-budgets>`}}fetch(){import("./library.js").then(e=>{this.fetched=e,this.requestUpdate()},L)}status(){let e=N(),t={ok:"connected",lost:"no connection",waiting:`connection lost, trying again in ${e.state==="waiting"?e.seconds:0} s`}[e.state];return a`<p class="status ${e.state}" role="status"><span class="dot"></span><span class="words">${t}</span></p>`}themes(){let e=it(),t={auto:"light",light:"dark",dark:"auto"},i={auto:"auto",light:"sun",dark:"moon"},n={auto:"as the system",light:"light",dark:"dark"};return a`<button
      class="ghost"
      title="Theme: ${n[e]}"
      aria-label="Theme: ${n[e]}. Change to ${n[t[e]]}"
      @click=${()=>{Qt(t[e]),this.requestUpdate()}}
    >
      ${p(i[e])}
    </button>`}keyDialog(){if(!this.keyWanted)return l;let{again:e,give:t}=this.keyWanted;return a`<dialog class="key" ${C(this.dialog)} aria-labelledby="key-title" @cancel=${i=>i.preventDefault()}>
      <form
        method="dialog"
        @submit=${i=>{let n=new FormData(i.currentTarget).get("key");this.keyWanted=null,t(String(n).trim()),this.updateComplete.then(()=>this.querySelector("#message, [data-first]")?.focus())}}
      >
        <h2 id="key-title">This server wants a key</h2>
        <p>${e?a`<strong class="bad">That key was not accepted.</strong> `:l}It is the value of NIS_API_KEY where the
          server runs, or what <code>nis keys create</code> answered, and is kept until this tab is closed.</p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autofocus />
        <button class="primary">Continue</button>
      </form>
    </dialog>`}},Js=a`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M6 24C11 4 21 4 26 24"></path>
  <circle cx="16" cy="9" r="3"></circle>
</svg>`,Xt=!1;globalThis.navigation?.addEventListener("navigate",r=>{Xt=r.navigationType==="traverse"||r.navigationType==="replace"});customElements.define("nis-console",nt);export{nt as NisConsole};
