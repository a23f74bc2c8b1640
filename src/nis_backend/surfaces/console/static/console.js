var qt=globalThis,Dt=qt.ShadowRoot&&(qt.ShadyCSS===void 0||qt.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Gn=Symbol(),Wn=new WeakMap,jt=class{constructor(t,e,n){if(this._$cssResult$=!0,n!==Gn)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=e}get styleSheet(){let t=this.o,e=this.t;if(Dt&&t===void 0){let n=e!==void 0&&e.length===1;n&&(t=Wn.get(e)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),n&&Wn.set(e,t))}return t}toString(){return this.cssText}},zn=s=>new jt(typeof s=="string"?s:s+"",void 0,Gn);var Kn=(s,t)=>{if(Dt)s.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of t){let n=document.createElement("style"),r=qt.litNonce;r!==void 0&&n.setAttribute("nonce",r),n.textContent=e.cssText,s.appendChild(n)}},ys=Dt?s=>s:s=>s instanceof CSSStyleSheet?(t=>{let e="";for(let n of t.cssRules)e+=n.cssText;return zn(e)})(s):s;var{is:Oi,defineProperty:Ii,getOwnPropertyDescriptor:qi,getOwnPropertyNames:ji,getOwnPropertySymbols:Di,getPrototypeOf:Ni}=Object,Nt=globalThis,Jn=Nt.trustedTypes,Ui=Jn?Jn.emptyScript:"",Hi=Nt.reactiveElementPolyfillSupport,ct=(s,t)=>s,ws={toAttribute(s,t){switch(t){case Boolean:s=s?Ui:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,t){let e=s;switch(t){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},Qn=(s,t)=>!Oi(s,t),Yn={attribute:!0,type:String,converter:ws,reflect:!1,useDefault:!1,hasChanged:Qn};Symbol.metadata??=Symbol("metadata"),Nt.litPropertyMetadata??=new WeakMap;var me=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,e=Yn){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(t,e),!e.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(t,n,e);r!==void 0&&Ii(this.prototype,t,r)}}static getPropertyDescriptor(t,e,n){let{get:r,set:i}=qi(this.prototype,t)??{get(){return this[e]},set(o){this[e]=o}};return{get:r,set(o){let l=r?.call(this);i?.call(this,o),this.requestUpdate(t,l,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??Yn}static _$Ei(){if(this.hasOwnProperty(ct("elementProperties")))return;let t=Ni(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(ct("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(ct("properties"))){let e=this.properties,n=[...ji(e),...Di(e)];for(let r of n)this.createProperty(r,e[r])}let t=this[Symbol.metadata];if(t!==null){let e=litPropertyMetadata.get(t);if(e!==void 0)for(let[n,r]of e)this.elementProperties.set(n,r)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let r=this._$Eu(e,n);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){let e=[];if(Array.isArray(t)){let n=new Set(t.flat(1/0).reverse());for(let r of n)e.unshift(ys(r))}else t!==void 0&&e.push(ys(t));return e}static _$Eu(t,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){let t=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(t.set(n,this[n]),delete this[n]);t.size>0&&(this._$Ep=t)}createRenderRoot(){let t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Kn(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,e,n){this._$AK(t,n)}_$ET(t,e){let n=this.constructor.elementProperties.get(t),r=this.constructor._$Eu(t,n);if(r!==void 0&&n.reflect===!0){let i=(n.converter?.toAttribute!==void 0?n.converter:ws).toAttribute(e,n.type);this._$Em=t,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(t,e){let n=this.constructor,r=n._$Eh.get(t);if(r!==void 0&&this._$Em!==r){let i=n.getPropertyOptions(r),o=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:ws;this._$Em=r;let l=o.fromAttribute(e,i.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(t,e,n,r=!1,i){if(t!==void 0){let o=this.constructor;if(r===!1&&(i=this[t]),n??=o.getPropertyOptions(t),!((n.hasChanged??Qn)(i,e)||n.useDefault&&n.reflect&&i===this._$Ej?.get(t)&&!this.hasAttribute(o._$Eu(t,n))))return;this.C(t,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,e,{useDefault:n,reflect:r,wrapped:i},o){n&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,o??e??this[t]),i!==!0||o!==void 0)||(this._$AL.has(t)||(this.hasUpdated||n||(e=void 0),this._$AL.set(t,e)),r===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,i]of this._$Ep)this[r]=i;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[r,i]of n){let{wrapped:o}=i,l=this[r];o!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,i,l)}}let t=!1,e=this._$AL;try{t=this.shouldUpdate(e),t?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw t=!1,this._$EM(),n}t&&this._$AE(e)}willUpdate(t){}_$AE(t){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(t){}firstUpdated(t){}};me.elementStyles=[],me.shadowRootOptions={mode:"open"},me[ct("elementProperties")]=new Map,me[ct("finalized")]=new Map,Hi?.({ReactiveElement:me}),(Nt.reactiveElementVersions??=[]).push("2.1.2");var ks=globalThis,Xn=s=>s,Ut=ks.trustedTypes,Zn=Ut?Ut.createPolicy("lit-html",{createHTML:s=>s}):void 0,Ts="$lit$",ge=`lit$${Math.random().toFixed(9).slice(2)}$`,_s="?"+ge,Fi=`<${_s}>`,Oe=document,ut=()=>Oe.createComment(""),pt=s=>s===null||typeof s!="object"&&typeof s!="function",Rs=Array.isArray,ir=s=>Rs(s)||typeof s?.[Symbol.iterator]=="function",xs=`[ 	
\f\r]`,dt=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,er=/-->/g,tr=/>/g,Ce=RegExp(`>|${xs}(?:([^\\s"'>=/]+)(${xs}*=${xs}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),sr=/'/g,nr=/"/g,or=/^(?:script|style|textarea|title)$/i,Ss=s=>(t,...e)=>({_$litType$:s,strings:t,values:e}),a=Ss(1),w=Ss(2),fl=Ss(3),N=Symbol.for("lit-noChange"),d=Symbol.for("lit-nothing"),rr=new WeakMap,Le=Oe.createTreeWalker(Oe,129);function ar(s,t){if(!Rs(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return Zn!==void 0?Zn.createHTML(t):t}var lr=(s,t)=>{let e=s.length-1,n=[],r,i=t===2?"<svg>":t===3?"<math>":"",o=dt;for(let l=0;l<e;l++){let c=s[l],u,h,p=-1,m=0;for(;m<c.length&&(o.lastIndex=m,h=o.exec(c),h!==null);)m=o.lastIndex,o===dt?h[1]==="!--"?o=er:h[1]!==void 0?o=tr:h[2]!==void 0?(or.test(h[2])&&(r=RegExp("</"+h[2],"g")),o=Ce):h[3]!==void 0&&(o=Ce):o===Ce?h[0]===">"?(o=r??dt,p=-1):h[1]===void 0?p=-2:(p=o.lastIndex-h[2].length,u=h[1],o=h[3]===void 0?Ce:h[3]==='"'?nr:sr):o===nr||o===sr?o=Ce:o===er||o===tr?o=dt:(o=Ce,r=void 0);let g=o===Ce&&s[l+1].startsWith("/>")?" ":"";i+=o===dt?c+Fi:p>=0?(n.push(u),c.slice(0,p)+Ts+c.slice(p)+ge+g):c+ge+(p===-2?l:g)}return[ar(s,i+(s[e]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),n]},ht=class s{constructor({strings:t,_$litType$:e},n){let r;this.parts=[];let i=0,o=0,l=t.length-1,c=this.parts,[u,h]=lr(t,e);if(this.el=s.createElement(u,n),Le.currentNode=this.el.content,e===2||e===3){let p=this.el.content.firstChild;p.replaceWith(...p.childNodes)}for(;(r=Le.nextNode())!==null&&c.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(let p of r.getAttributeNames())if(p.endsWith(Ts)){let m=h[o++],g=r.getAttribute(p).split(ge),f=/([.?@])?(.*)/.exec(m);c.push({type:1,index:i,name:f[2],strings:g,ctor:f[1]==="."?Ft:f[1]==="?"?Vt:f[1]==="@"?Bt:qe}),r.removeAttribute(p)}else p.startsWith(ge)&&(c.push({type:6,index:i}),r.removeAttribute(p));if(or.test(r.tagName)){let p=r.textContent.split(ge),m=p.length-1;if(m>0){r.textContent=Ut?Ut.emptyScript:"";for(let g=0;g<m;g++)r.append(p[g],ut()),Le.nextNode(),c.push({type:2,index:++i});r.append(p[m],ut())}}}else if(r.nodeType===8)if(r.data===_s)c.push({type:2,index:i});else{let p=-1;for(;(p=r.data.indexOf(ge,p+1))!==-1;)c.push({type:7,index:i}),p+=ge.length-1}i++}}static createElement(t,e){let n=Oe.createElement("template");return n.innerHTML=t,n}};function Ie(s,t,e=s,n){if(t===N)return t;let r=n!==void 0?e._$Co?.[n]:e._$Cl,i=pt(t)?void 0:t._$litDirective$;return r?.constructor!==i&&(r?._$AO?.(!1),i===void 0?r=void 0:(r=new i(s),r._$AT(s,e,n)),n!==void 0?(e._$Co??=[])[n]=r:e._$Cl=r),r!==void 0&&(t=Ie(s,r._$AS(s,t.values),r,n)),t}var Ht=class{constructor(t,e){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:e},parts:n}=this._$AD,r=(t?.creationScope??Oe).importNode(e,!0);Le.currentNode=r;let i=Le.nextNode(),o=0,l=0,c=n[0];for(;c!==void 0;){if(o===c.index){let u;c.type===2?u=new Ge(i,i.nextSibling,this,t):c.type===1?u=new c.ctor(i,c.name,c.strings,this,t):c.type===6&&(u=new Wt(i,this,t)),this._$AV.push(u),c=n[++l]}o!==c?.index&&(i=Le.nextNode(),o++)}return Le.currentNode=Oe,r}p(t){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(t,n,e),e+=n.strings.length-2):n._$AI(t[e])),e++}},Ge=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,e,n,r){this.type=2,this._$AH=d,this._$AN=void 0,this._$AA=t,this._$AB=e,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,e=this._$AM;return e!==void 0&&t?.nodeType===11&&(t=e.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,e=this){t=Ie(this,t,e),pt(t)?t===d||t==null||t===""?(this._$AH!==d&&this._$AR(),this._$AH=d):t!==this._$AH&&t!==N&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):ir(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==d&&pt(this._$AH)?this._$AA.nextSibling.data=t:this.T(Oe.createTextNode(t)),this._$AH=t}$(t){let{values:e,_$litType$:n}=t,r=typeof n=="number"?this._$AC(t):(n.el===void 0&&(n.el=ht.createElement(ar(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(e);else{let i=new Ht(r,this),o=i.u(this.options);i.p(e),this.T(o),this._$AH=i}}_$AC(t){let e=rr.get(t.strings);return e===void 0&&rr.set(t.strings,e=new ht(t)),e}k(t){Rs(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,r=0;for(let i of t)r===e.length?e.push(n=new s(this.O(ut()),this.O(ut()),this,this.options)):n=e[r],n._$AI(i),r++;r<e.length&&(this._$AR(n&&n._$AB.nextSibling,r),e.length=r)}_$AR(t=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);t!==this._$AB;){let n=Xn(t).nextSibling;Xn(t).remove(),t=n}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},qe=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,e,n,r,i){this.type=1,this._$AH=d,this._$AN=void 0,this.element=t,this.name=e,this._$AM=r,this.options=i,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=d}_$AI(t,e=this,n,r){let i=this.strings,o=!1;if(i===void 0)t=Ie(this,t,e,0),o=!pt(t)||t!==this._$AH&&t!==N,o&&(this._$AH=t);else{let l=t,c,u;for(t=i[0],c=0;c<i.length-1;c++)u=Ie(this,l[n+c],e,c),u===N&&(u=this._$AH[c]),o||=!pt(u)||u!==this._$AH[c],u===d?t=d:t!==d&&(t+=(u??"")+i[c+1]),this._$AH[c]=u}o&&!r&&this.j(t)}j(t){t===d?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},Ft=class extends qe{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===d?void 0:t}},Vt=class extends qe{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==d)}},Bt=class extends qe{constructor(t,e,n,r,i){super(t,e,n,r,i),this.type=5}_$AI(t,e=this){if((t=Ie(this,t,e,0)??d)===N)return;let n=this._$AH,r=t===d&&n!==d||t.capture!==n.capture||t.once!==n.once||t.passive!==n.passive,i=t!==d&&(n===d||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},Wt=class{constructor(t,e,n){this.element=t,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(t){Ie(this,t)}},cr={M:Ts,P:ge,A:_s,C:1,L:lr,R:Ht,D:ir,V:Ie,I:Ge,H:qe,N:Vt,U:Bt,B:Ft,F:Wt},Vi=ks.litHtmlPolyfillSupport;Vi?.(ht,Ge),(ks.litHtmlVersions??=[]).push("3.3.3");var dr=(s,t,e)=>{let n=e?.renderBefore??t,r=n._$litPart$;if(r===void 0){let i=e?.renderBefore??null;n._$litPart$=r=new Ge(t.insertBefore(ut(),i),i,void 0,e??{})}return r._$AI(s),r};var Es=globalThis,we=class extends me{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=dr(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return N}};we._$litElement$=!0,we.finalized=!0,Es.litElementHydrateSupport?.({LitElement:we});var Bi=Es.litElementPolyfillSupport;Bi?.({LitElement:we});(Es.litElementVersions??=[]).push("4.2.2");var{I:Wi}=cr,ur=s=>s;var Gt=s=>s.strings===void 0,pr=()=>document.createComment(""),ze=(s,t,e)=>{let n=s._$AA.parentNode,r=t===void 0?s._$AB:t._$AA;if(e===void 0){let i=n.insertBefore(pr(),r),o=n.insertBefore(pr(),r);e=new Wi(i,o,s,s.options)}else{let i=e._$AB.nextSibling,o=e._$AM,l=o!==s;if(l){let c;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(c=s._$AU)!==o._$AU&&e._$AP(c)}if(i!==r||l){let c=e._$AA;for(;c!==i;){let u=ur(c).nextSibling;ur(n).insertBefore(c,r),c=u}}}return e},xe=(s,t,e=s)=>(s._$AI(t,e),s),Gi={},zt=(s,t=Gi)=>s._$AH=t,hr=s=>s._$AH,Kt=s=>{s._$AR(),s._$AA.remove()};var ee={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},fe=s=>(...t)=>({_$litDirective$:s,values:t}),oe=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,n){this._$Ct=t,this._$AM=e,this._$Ci=n}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};var mt=(s,t)=>{let e=s._$AN;if(e===void 0)return!1;for(let n of e)n._$AO?.(t,!1),mt(n,t);return!0},Jt=s=>{let t,e;do{if((t=s._$AM)===void 0)break;e=t._$AN,e.delete(s),s=t}while(e?.size===0)},mr=s=>{for(let t;t=s._$AM;s=t){let e=t._$AN;if(e===void 0)t._$AN=e=new Set;else if(e.has(s))break;e.add(s),Ji(t)}};function zi(s){this._$AN!==void 0?(Jt(this),this._$AM=s,mr(this)):this._$AM=s}function Ki(s,t=!1,e=0){let n=this._$AH,r=this._$AN;if(r!==void 0&&r.size!==0)if(t)if(Array.isArray(n))for(let i=e;i<n.length;i++)mt(n[i],!1),Jt(n[i]);else n!=null&&(mt(n,!1),Jt(n));else mt(this,s)}var Ji=s=>{s.type==ee.CHILD&&(s._$AP??=Ki,s._$AQ??=zi)},Yt=class extends oe{constructor(){super(...arguments),this._$AN=void 0}_$AT(t,e,n){super._$AT(t,e,n),mr(this),this.isConnected=t._$AU}_$AO(t,e=!0){t!==this.isConnected&&(this.isConnected=t,t?this.reconnected?.():this.disconnected?.()),e&&(mt(this,t),Jt(this))}setValue(t){if(Gt(this._$Ct))this._$Ct._$AI(t,this);else{let e=[...this._$Ct._$AH];e[this._$Ci]=t,this._$Ct._$AI(e,this,0)}}disconnected(){}reconnected(){}};var te=()=>new Ms,Ms=class{},As=new WeakMap,se=fe(class extends Yt{render(s){return d}update(s,[t]){let e=t!==this.G;return e&&this.rt(void 0),(e||this.lt!==this.ct)&&(this.G=t,this.ht=s.options?.host,this.rt(this.ct=s.element)),d}rt(s){if(this.G!==void 0)if(this.isConnected||(s=void 0),typeof this.G=="function"){let t=this.ht??globalThis,e=As.get(t);e===void 0&&(e=new WeakMap,As.set(t,e)),e.get(this.G)!==void 0&&this.G.call(this.ht,void 0),e.set(this.G,s),s!==void 0&&this.G.call(this.ht,s)}else this.G.value=s}get lt(){return typeof this.G=="function"?As.get(this.ht??globalThis)?.get(this.G):this.G?.value}disconnected(){this.lt===this.ct&&this.rt(void 0)}reconnected(){this.rt(this.ct)}});var be=["succeeded","failed","cancelled"],U=class extends Error{constructor(e,n){super(e.detail);this.problem=e;this.status=n}},Ps="nis-key",ae={get:()=>sessionStorage.getItem(Ps),set:s=>sessionStorage.setItem(Ps,s),forget:()=>sessionStorage.removeItem(Ps)},gr=()=>Promise.reject(new Error("nobody is asked for the key yet")),fr=s=>{gr=s};async function H(s,t={}){for(;;){let e=ae.get(),n=new Headers(t.headers);e!==null&&n.set("Authorization",`Bearer ${e}`);let r=await fetch(s,{cache:"no-store",...t,headers:n});if(r.status===401){ae.get()===e&&ae.set(await gr(e!==null));continue}if(!r.ok)throw new U(await Yi(r),r.status);return r}}async function $(s,t={}){return await(await H(s,t)).json()}var j=(s,t,e={})=>({method:s,headers:{"Content-Type":"application/json",...e},body:JSON.stringify(t)});async function Yi(s){let t={title:"failure",detail:`The server answered ${s.status} ${s.statusText}.`};try{return{...t,...await s.json()}}catch{return t}}function E(s){return s instanceof U?s.problem:(s instanceof TypeError||console.error(s),{title:"no connection",detail:"The server cannot be reached.",remedy:"See that it is running, then try again.",retryable:!0})}var Qi=4e4;async function*Qt(s){let t=s.body.pipeThrough(new TextDecoderStream).getReader(),e="";try{for(;;){let{value:n,done:r}=await Xi(Qi,t.read());if(r)return;e+=n;let i=e.split(/\r?\n\r?\n/);e=i.pop();for(let o of i){let l="message",c=[];for(let u of o.split(/\r?\n/))u.startsWith("event:")?l=u.slice(6).trim():u.startsWith("data:")&&c.push(u.slice(5).replace(/^ /,""));c.length&&(yield{event:l,data:c.join(`
`)})}}}finally{t.cancel().catch(()=>{})}}function Xi(s,t){return new Promise((e,n)=>{let r=setTimeout(()=>n(new TypeError("the connection fell silent")),s);t.then(e,n).finally(()=>clearTimeout(r))})}var Cs=null;function K(){return Cs??=$("/operations").then(({operations:s})=>s.map(Zi),s=>{throw Cs=null,s}),Cs}function Zi({id:s,routes:t,...e}){let[n="POST",r=""]=(t[0]??"").split(" ");return{...e,name:s,method:n,path:r}}var Ls=new Map;function Zt(s){let t=Ls.get(s)??$(`/operations/${encodeURIComponent(s)}`);return Ls.set(s,t),t.catch(()=>Ls.delete(s)),t}var F=(s,t)=>s.find(e=>e.name===t)??null,le=s=>s.split(".")[0],gt=s=>s.replace(".","-"),je=(s,t)=>s.path.replace("{id}",encodeURIComponent(t));function Os(s){let t=new Map;for(let{name:e}of s)t.set(le(e),(t.get(le(e))??0)+1);return[...t].sort(([e],[n])=>e.localeCompare(n))}var Xt=s=>s.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);function es(s,t){let e=Xt(t);return e.length?s.map(n=>({line:n,score:eo(n,e)})).filter(({score:n})=>n>0).sort((n,r)=>r.score-n.score||n.line.name.localeCompare(r.line.name)).map(({line:n})=>n):s}function eo(s,t){let e=[[Xt(s.name),8],[Xt(s.summary),3]],n=0;for(let r of t){let i=0;for(let[o,l]of e)o.includes(r)?i=Math.max(i,2*l):o.some(c=>c.startsWith(r))?i=Math.max(i,1.5*l):r.length>2&&o.some(c=>c.includes(r))&&(i=Math.max(i,l));if(!i)return 0;n+=i}return n}var to=3;async function br(s,t){if(Xt(s).length<to)return[];let e={...j("POST",{query:s,limit:8}),signal:t};return(await $("/operations/search-operations",e)).operations.map(r=>r.id)}function v(s){if(s===0)return"0";let t=Math.abs(s),e=Number.isInteger(s)&&t<1e9?String(s):String(Number(s.toPrecision(6)));return(t>=1e9||t>=1e7&&!Number.isInteger(s)||t<1e-4?$r(s):so(e)).replace("-","−")}var Is=s=>Math.abs(s)>=1e6&&Number(s.toExponential(4))===s?$r(s).replace("-","−"):v(s);function so(s){let[t,e]=s.split("."),n=t.replace("-","").length>4?t.replace(/\B(?=(\d{3})+$)/g," "):t;return e===void 0?n:`${n}.${e}`}function $r(s){let[t,e]=s.toExponential(4).split("e"),n=[...e.replace("+","")].map(r=>r==="-"?"⁻":"⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(r)]).join("");return Number(t)===1?`10${n}`:`${Number(t)} × 10${n}`}function ft(s,t,e,n=0){let r=t-s;if(!(r>1e-12*Math.max(Math.abs(s),Math.abs(t),1e-280)&&r<1e300))return s===t?[s]:[s,t];let i=Math.max(r/e,n),o=10**Math.floor(Math.log10(i)),l=[10,5,2,1,.5,.2].map(g=>g*o).filter(g=>g>=n*.999),c=l.findLastIndex(g=>g>=i*.999),u=l.slice(Math.max(0,c)).map(g=>[g,Math.ceil(s/g-1e-9),Math.floor(t/g+1e-9)]),[h,p,m]=u.find(([,g,f])=>f>g)??u[0];return Array.from({length:Math.max(0,m-p+1)},(g,f)=>(p+f)*h)}function G(s,t=1){return s<.9995?`${Math.max(0,Math.round(s*1e3))} ms`:s<60?`${s.toFixed(t)} s`:`${Math.floor(s/60)} min ${Math.round(s%60)} s`}var W=s=>s.replaceAll("_"," ");var no=0,ro=6;function $e(s,t=void 0){return bt("",s,s,t,!0,0)}function bt(s,t,e,n,r,i){let o=Ke(t,e),l=i>ro?"json":ao(o,e),c=l==="union"?Tr(o).map(h=>Ke(h,e)):[],u={id:++no,name:s,schema:o,kind:l,required:r,forms:c,text:"",note:"",parts:[],given:n!=null,anchor:typeof n=="number"?n:null,form:0};return l==="union"&&(u.form=Math.max(0,c.findIndex(h=>lo(n,h,e)))),l==="group"||l==="list"||l==="union"?(r||u.given)&&ts(u,e,n,i):u.given&&(u.text=oo(n,l)),u}function ts(s,t,e=s.schema.default,n=1){s.given=!0;let{schema:r}=s;if(s.kind==="group"){let i=e??{};s.parts=Object.entries(r.properties??{}).map(([o,l])=>bt(o,l,t,i[o],(r.required??[]).includes(o),n+1))}else if(s.kind==="list"){let i=Array.isArray(e)?e:Array.from({length:r.minItems??0},()=>{});s.parts=i.map((o,l)=>bt(String(l),yr(r,l),t,o,!0,n+1))}else s.kind==="union"&&(s.parts=[bt(s.name,s.forms[s.form],t,e,!0,n+1)])}function vr(s){s.given=!1,s.parts=[],s.text=""}var yr=(s,t)=>s.prefixItems?.[t]??s.items??{};function wr(s,t){s.given=!0,s.parts=[...s.parts,bt(String(s.parts.length),yr(s.schema,s.parts.length),t,void 0,!0,2)]}function xr(s,t,e){s.form=t,ts(s,e,void 0)}function J(s){switch(s.kind){case"group":{if(!s.given)return;let t=s.parts.map(e=>[e.name,J(e)]);return Object.fromEntries(t.filter(([,e])=>e!==void 0))}case"list":return s.given?s.parts.map(t=>J(t)??null):void 0;case"union":return s.given&&s.parts[0]?J(s.parts[0]):void 0;case"fixed":return s.schema.const;default:return s.given?io(s.text,s.kind,s.schema):void 0}}function io(s,t,e){let n=s.trim();if(t==="text")return s===""&&e.minLength?void 0:s;if(n){if(t==="file"&&!n.startsWith("{"))return n;if(t==="choice")return ke(e).find(r=>Te(r)===s)??s;if(t==="numbers")return n.replace(/^\[|\]$/g,"").replace(/([,;])(?=\s*[,;])/g,"$1 null").split(/[\s,;]+/).filter(Boolean).map(i=>Number.isFinite(Number(i))?Number(i):i==="null"?null:i);try{return JSON.parse(n)}catch{return t!=="json"&&Number.isFinite(Number(n))?Number(n):n}}}function oo(s,t){return t==="numbers"&&Array.isArray(s)?s.map(String).join(", "):t==="json"?JSON.stringify(s,null,1):Te(s)}var Te=s=>typeof s=="string"?s:JSON.stringify(s),De=(s,t)=>JSON.stringify(s)===JSON.stringify(t),qs=4;function kr({kind:s,schema:t,anchor:e}){if(s!=="number"&&s!=="integer"||t.unit===void 0||t.knob||e===null)return null;let n=t.minimum??t.exclusiveMinimum??-1/0,r=t.maximum??t.exclusiveMaximum??1/0,i=Number.isFinite(r-n)&&r-n<=5*qs*Math.abs(e),[o,l]=[e/qs,e*qs].sort((p,m)=>p-m),[c,u]=i?[n,r]:[Math.max(n,o),Math.min(r,l)];if(!(u>c))return null;let h=s==="integer"?1:10**Math.floor(Math.log10((u-c)/100));return{low:c===t.exclusiveMinimum?c+h:c,high:u===t.exclusiveMaximum?u-h:u,step:h}}function Ne(s){let t=s.default;return t==null||t===""?"":Array.isArray(t)?t.join(", "):Te(t)}function Ke(s,t){let e={...s};for(let n=0;n<8;n++){let{$ref:r,anyOf:i,allOf:o,...l}=e;if(r!==void 0){e={...t.$defs?.[r.replace("#/$defs/","")]??{},...l};continue}let c=(i??o??[]).filter(u=>u.type!=="null");if(c.length!==1)break;e={...c[0],...l}}return e}function ao(s,t){if(s.blob)return"file";if("const"in s&&(s.default===void 0||s.default===s.const))return"fixed";if(ke(s).length)return"choice";if(Tr(s).length>1)return"union";switch(s.type){case"boolean":return"flag";case"integer":case"number":return s.type;case"string":return"text";case"array":{let e=s.items?Ke(s.items,t):{};return!s.prefixItems&&["number","integer"].includes(e.type??"")?"numbers":"list"}case"object":return s.properties?"group":"json";default:return"json"}}var Tr=s=>(s.oneOf??s.anyOf??[]).filter(t=>t.type!=="null"),ke=s=>"const"in s?[s.const]:(s.enum??[]).filter(t=>t!==null);function lo(s,t,e){if(s==null)return!1;if(ke(t).length)return ke(t).includes(s);let n=Array.isArray(s)?"array":typeof s;return n!=="object"?t.type===n||t.type==="integer"&&Number.isInteger(s):t.type!=="object"?!1:Object.entries(s).every(([i,o])=>{let l=t.properties?.[i];if(!l)return t.additionalProperties!==!1&&!t.properties;let{const:c}=Ke(l,e);return c===void 0||c===o})}var _r=(s,t)=>s.title??(ke(s).length?ke(s).map(Te).join(", "):s.type)??`form ${t+1}`;function Rr(s){let{minimum:t,maximum:e,exclusiveMinimum:n,exclusiveMaximum:r,minItems:i,maxItems:o}=s,l=[];return t!==void 0&&e!==void 0?l.push(`${v(t)} to ${v(e)}`):t!==void 0?l.push(`${v(t)} or more`):n!==void 0&&l.push(`above ${v(n)}`),e!==void 0&&t===void 0&&l.push(`at most ${v(e)}`),r!==void 0&&l.push(`below ${v(r)}`),i&&o!==void 0?l.push(i===o?`${i} of them`:`${i} to ${v(o)} of them`):o!==void 0?l.push(`at most ${v(o)} of them`):i&&l.push(`at least ${i} of them`),l.join(", ")}var Je=fe(class extends oe{constructor(s){if(super(s),s.type!==ee.PROPERTY&&s.type!==ee.ATTRIBUTE&&s.type!==ee.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!Gt(s))throw Error("`live` bindings can only contain a single expression")}render(s){return s}update(s,[t]){if(t===N||t===d)return t;let e=s.element,n=s.name;if(s.type===ee.PROPERTY){if(t===e[n])return N}else if(s.type===ee.BOOLEAN_ATTRIBUTE){if(!!t===e.hasAttribute(n))return N}else if(s.type===ee.ATTRIBUTE&&e.getAttribute(n)===t+"")return N;return zt(s),t}});var Sr=(s,t,e)=>{let n=new Map;for(let r=t;r<=e;r++)n.set(s[r],r);return n},js=fe(class extends oe{constructor(s){if(super(s),s.type!==ee.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,t,e){let n;e===void 0?e=t:t!==void 0&&(n=t);let r=[],i=[],o=0;for(let l of s)r[o]=n?n(l,o):o,i[o]=e(l,o),o++;return{values:i,keys:r}}render(s,t,e){return this.dt(s,t,e).values}update(s,[t,e,n]){let r=hr(s),{values:i,keys:o}=this.dt(t,e,n);if(!Array.isArray(r))return this.ut=o,i;let l=this.ut??=[],c=[],u,h,p=0,m=r.length-1,g=0,f=i.length-1;for(;p<=m&&g<=f;)if(r[p]===null)p++;else if(r[m]===null)m--;else if(l[p]===o[g])c[g]=xe(r[p],i[g]),p++,g++;else if(l[m]===o[f])c[f]=xe(r[m],i[f]),m--,f--;else if(l[p]===o[f])c[f]=xe(r[p],i[f]),ze(s,c[f+1],r[p]),p++,f--;else if(l[m]===o[g])c[g]=xe(r[m],i[g]),ze(s,r[p],r[m]),m--,g++;else if(u===void 0&&(u=Sr(o,g,f),h=Sr(l,p,m)),u.has(l[p]))if(u.has(l[m])){let k=h.get(o[g]),_=k!==void 0?r[k]:null;if(_===null){let R=ze(s,r[p]);xe(R,i[g]),c[g]=R}else c[g]=xe(_,i[g]),ze(s,r[p],_),r[k]=null;g++}else Kt(r[m]),m--;else Kt(r[p]),p++;for(;g<=f;){let k=ze(s,c[f+1]);xe(k,i[g]),c[g++]=k}for(;p<=m;){let k=r[p++];k!==null&&Kt(k)}return this.ut=o,zt(s,c),N}});var y=class extends we{createRenderRoot(){return this}};var co={},_e=fe(class extends oe{constructor(){super(...arguments),this.ot=co}render(s,t){return t()}update(s,[t,e]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((n,r)=>n===this.ot[r]))return N}else if(this.ot===t)return N;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,e)}});function Y(s){return uo(s.replaceAll(`\r
`,`
`)).map(t=>_e([t],()=>Ds(t.split(`
`),0)))}function uo(s){let t=[],e=0,n="";for(let r=0;r<s.length;){let i=s.indexOf(`
`,r)+1||s.length,o=s.slice(r,i),l=/^\s*(```+|~~~+)/.exec(o)?.[1]??"";(n?l.startsWith(n):l)&&(n=n?"":l),!n&&!l&&!o.trim()&&/[^\s>\-*+\d]/.test(s[i]??"")&&(t.push(s.slice(e,i)),e=i),r=i}return[...t,s.slice(e)]}var Er=6,$t=/^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;function Ds(s,t){let e=[],n=0,r=i=>{let o=n;for(;n<s.length&&i(s[n]);)n++;return s.slice(o,n)};for(;n<s.length;){let i=s[n],o=/^\s*(```+|~~~+)/.exec(i)?.[1],l=/^(#{1,6})\s+(.*?)\s*#*$/.exec(i);if(!i.trim())n++;else if(o){n++;let c=r(u=>!u.trim().startsWith(o));n++,e.push(a`<pre tabindex="0"><code>${c.join(`
`)}</code></pre>`)}else if(l)n++,e.push(l[1].length<3?a`<h3>${O(l[2])}</h3>`:a`<h4>${O(l[2])}</h4>`);else if(/^\s*([-*_])(\s*\1){2,}\s*$/.test(i))n++,e.push(a`<hr />`);else if(i.startsWith(">")&&t<Er){let c=r(u=>u.startsWith(">")).map(u=>u.replace(/^> ?/,""));e.push(a`<blockquote>${Ds(c,t+1)}</blockquote>`)}else if($t.test(i)&&t<Er)e.push(ho(r(c=>$t.test(c)||/^\s+\S/.test(c)),t));else if(i.includes("|")&&/^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(s[n+1]??"")){let[c,,...u]=r(h=>h.includes("|")).map(po);e.push(a`<div class="wide" tabindex="0">
        <table>
          <thead><tr>${c.map(h=>a`<th scope="col">${O(h)}</th>`)}</tr></thead>
          <tbody>${u.map(h=>a`<tr>${h.map(p=>a`<td>${O(p)}</td>`)}</tr>`)}</tbody>
        </table>
      </div>`)}else{let c=n++;r(u=>u.trim()!==""&&!/^\s*(```|~~~|#{1,6}\s|>)/.test(u)&&!$t.test(u)),e.push(a`<p>${mo(s.slice(c,n))}</p>`)}}return e}function po(s){return s.trim().replace(/^\||\|$/g,"").split("|").map(t=>t.trim())}function ho(s,t){let e=$t.exec(s[0])[1].length,n=[];for(let o of s){let l=$t.exec(o);l&&l[1].length<=e+1?n.push([l[3]]):n.at(-1).push(o.slice(Math.min(e+2,o.search(/\S/))))}let r=n.map(([o,...l])=>a`<li>${O(o)}${Ds(l,t+1)}</li>`),i=/^\s*(\d+)/.exec(s[0])?.[1];return i===void 0?a`<ul>${r}</ul>`:a`<ol start=${i}>${r}</ol>`}function mo(s){return s.map((e,n)=>n<s.length-1?e.replace(/ {2,}$|\\$/,"\0"):e.trimEnd()).join(`
`).split(`\0
`).flatMap((e,n)=>n?[a`<br />`,...O(e)]:O(e))}var go=/(?<!`)(?<ticks>`+)(?!`)(?<code>[^]{1,8000}?)(?<!`)\k<ticks>(?!`)|\*\*(?<strong>(?=\S)[^*]{1,2000}?\S?)\*\*|__(?<under>(?=\S)[^_]{1,2000}?)__|\*(?<em>(?=\S)[^*\n]{1,2000}?)\*|(?<![\w])_(?<slant>(?=\S)[^_\n]{1,2000}?)_(?![\w])|\[(?<label>[^[\]\n]{1,1000})\]\((?<target>[^)\s]{1,2000})\)|(?<bare>https?:\/\/[^\s<>"')\]]{1,2000}[^\s<>"')\].,;:!?])|\\(?<escaped>[\\`*_[\]()#+\-.!>|~])/g;function O(s){let t=[],e=0;for(let n of s.matchAll(go)){t.push(s.slice(e,n.index)),e=n.index+n[0].length;let{code:r,strong:i,under:o,em:l,slant:c,label:u,target:h,bare:p,escaped:m}=n.groups,g=i??o,f=l??c;r!==void 0?t.push(a`<code>${r.replace(/^ (.*`.*) $/s,"$1")}</code>`):g!==void 0?t.push(a`<strong>${O(g)}</strong>`):f!==void 0?t.push(a`<em>${O(f)}</em>`):u!==void 0?t.push(Ar(h,O(u),n[0])):p!==void 0?t.push(Ar(p,[p],p)):t.push(m)}return t.push(s.slice(e)),t.filter(n=>n!=="")}function Ar(s,t,e){let n=URL.canParse(s)?new URL(s):null;return n===null||!["http:","https:"].includes(n.protocol)?e:a`<a href=${n.href} target="_blank" rel="noopener noreferrer nofollow">${t}</a>`}function ss(s){let t=new FormData;return t.append("content",s),$("/blobs",{method:"POST",body:t})}async function Hs(s,t){let e=`/blobs/${encodeURIComponent(s)}/content`;return(await H(e,{headers:{Accept:`${t}, */*;q=0.5`}})).blob()}function vt(s){return s<1e3?`${s} bytes`:s<1e6?`${(s/1e3).toFixed(1)} kB`:`${(s/1e6).toFixed(1)} MB`}function Fs(s,t=0){if(typeof s!="object"||s===null||t>3)return[];let e=s;return e.id&&e.media_type&&typeof e.size=="number"&&e.sha256?.length===64?[e]:Object.values(s).flatMap(n=>Fs(n,t+1)).slice(0,fo)}function Mr(s){let t=s??{};return[t.name,t.media_type,t.text].every(e=>typeof e=="string")?t:null}var fo=8,bo=32e6,Pr=2e4,Ns=class extends y{static{this.properties={blob:{attribute:!1},address:{state:!0},text:{state:!0},trouble:{state:!0}}}constructor(){super(),[this.address,this.text,this.trouble]=[null,null,""]}disconnectedCallback(){super.disconnectedCallback(),this.address&&URL.revokeObjectURL(this.address)}willUpdate(t){let e=t.get("blob");t.has("blob")&&e?.id!==this.blob.id&&this.load()}async load(){if(this.address&&URL.revokeObjectURL(this.address),[this.address,this.text,this.trouble]=[null,null,""],this.blob.size>bo)return void(this.trouble="It is too large to be shown here.");try{let t=await Hs(this.blob.id,this.blob.media_type);this.address=URL.createObjectURL(t),/^text\/|json$/.test(this.blob.media_type)&&(this.text=(await t.text()).slice(0,Pr))}catch(t){this.trouble=E(t).detail}}render(){let{blob:t,address:e}=this;return a`<figure class="blob">
      <figcaption>${t.name||t.id} <span class="note">${t.media_type}, ${vt(t.size)}</span></figcaption>
      ${e?this.shown(e):this.trouble?d:a`<p class="waiting"><span class="pulse"></span> reading</p>`}
      ${this.trouble?a`<p class="note">${this.trouble}</p>`:d}
      ${e?a`<a href=${e} download=${t.name||t.id}>Save</a>`:d}
    </figure>`}shown(t){let e=this.blob.media_type;return/^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/.test(e)?a`<img src=${t} alt=${this.blob.name||"image"} />`:e.startsWith("audio/")?a`<audio controls src=${t}></audio>`:e.startsWith("video/")?a`<video controls src=${t}></video>`:this.text===null?d:a`<pre class="code-block" tabindex="0"><code>${this.text}</code></pre>`}};customElements.define("nis-blob",Ns);var Us=class extends y{constructor(){super(...arguments);this.address=""}static{this.properties={file:{attribute:!1}}}disconnectedCallback(){super.disconnectedCallback(),URL.revokeObjectURL(this.address)}willUpdate(){URL.revokeObjectURL(this.address),this.address=URL.createObjectURL(new Blob([this.file.text],{type:this.file.media_type}))}render(){let{name:e,media_type:n,text:r}=this.file;return a`<figure class="blob">
      <figcaption>${e} <span class="note">${n}</span></figcaption>
      ${n==="text/markdown"?a`<div class="prose">${Y(r)}</div>`:a`<pre class="code-block" tabindex="0"><code>${r.slice(0,Pr)}</code></pre>`}
      <a href=${this.address} download=${e}>Save</a>
    </figure>`}};customElements.define("nis-text",Us);var Bs="offered-models",Vs=!1;function Cr(){Vs||(Vs=!0,$("/models?limit=1000").then(({models:s})=>{let t=document.createElement("datalist");t.id=Bs,t.append(...s.map(({provider:e,name:n})=>new Option("",`${e}:${n}`))),document.body.append(t)},()=>Vs=!1))}function Q(s,t,e=""){let n=s.filter(i=>i.kind!=="fixed"),r=js(n,i=>i.id,i=>Ws(i,t,e?`${e}.${i.name}`:i.name));return a`<div class="fields">${r}</div>`}var Lr=({kind:s,schema:t})=>s==="text"&&(t.maxLength??0)>1e3;function Ws(s,t,e){if(s.kind==="group"||s.kind==="list"||s.kind==="union")return To(s,t,e);let n=`${t.id}-${e}`,r=t.errors.get(e),o=[Rr(s.schema),vo(s)].filter(Boolean).join(" · "),l=[r?`${n}-error`:"",s.schema.description||o?`${n}-hint`:""].filter(Boolean).join(" "),c=["json","numbers","file"].includes(s.kind)||Lr(s);return a`<div class="field ${r?"wrong":""} ${c?"broad":""} ${s.required?"":"optional"}" data-path=${e}>
    <label for=${n}>${Or(s,e)}</label>
    ${yo(s,t,n,l,!!r)} ${$o(s,t,n)}
    ${r?a`<p class="error" id="${n}-error">${r}</p>`:d}
    ${s.schema.description||o?a`<p class="hint" id="${n}-hint">
          ${s.schema.description?O(s.schema.description):d} ${o?a`<span class="limits">${o}</span>`:d}
        </p>`:d}
  </div>`}function $o(s,t,e){let n=t.slid?kr(s):null;return n?a`<input
    type="range" class="slide" id="${e}-slide" min=${n.low} max=${n.high} step=${n.step} aria-label="Slide ${W(s.name)}"
    .value=${Je(s.text)}
    @input=${r=>{let i=Number(r.target.value);s.text=String(Number(i.toPrecision(6))),s.given=!0,t.changed(),t.slid?.()}}
  />`:d}function vo({schema:s,kind:t}){let e=Ne(s);return!e||t==="flag"||t==="choice"?"":`default ${typeof s.default=="number"?v(s.default):e}`}function Or(s,t){let{unit:e}=s.schema,n=t.slice(t.lastIndexOf(".")+1),r=/^\d+$/.test(n)?`${Number(n)+1}`:W(n);return a`<span class="name">${r}</span>${e?a` <span class="unit">${e}</span>`:d}${s.required?a`<span class="must" title="has to be given">required</span>`:d}`}function yo(s,t,e,n,r){let i=h=>{s.text=h,s.given=h!==""||s.kind==="text"&&s.required,t.changed()},o=h=>i(h.target.value),{schema:l,kind:c}=s,u=n||d;if(c==="flag"&&(typeof l.default=="boolean"||s.required)){let h=s.given?s.text==="true":l.default===!0;return s.required&&!s.given&&i("false"),a`<input
      type="checkbox" role="switch" id=${e} name=${e} .checked=${Je(h)} aria-describedby=${u} aria-invalid=${r}
      @change=${p=>i(String(p.target.checked))}
    />`}if(c==="choice"||c==="flag"){let h=c==="flag"?["true","false"]:ke(l).map(Te),p=Ne(l)?`${Ne(l)} (default)`:s.required?"choose…":"not given";return a`<select id=${e} name=${e} ?required=${s.required} aria-describedby=${u} aria-invalid=${r} @change=${o}>
      <option value="" .selected=${!s.given}>${p}</option>
      ${h.map(m=>a`<option value=${m} .selected=${s.given&&m===s.text}>${m}</option>`)}
    </select>`}return c==="file"?xo(s,t,e,u,r):c==="json"||c==="numbers"||Lr(s)?a`<textarea
      id=${e} name=${e} class=${c==="text"?"":"code"} rows=${c==="json"?3:1} spellcheck=${c==="text"}
      placeholder=${c==="numbers"?Ne(l)||"1, 2, 3":c==="json"?wo(l):Ne(l)}
      ?required=${s.required} aria-describedby=${u} aria-invalid=${r} .value=${Je(s.text)} @input=${o}
    ></textarea>`:a`<input
    id=${e}
    name=${e}
    type=${c==="text"?"text":"number"}
    inputmode=${c==="text"?"text":"decimal"}
    step=${c==="integer"?"1":"any"}
    min=${l.minimum??d}
    max=${l.maximum??d}
    maxlength=${l.maxLength??d}
    list=${s.name==="model"?Bs:d}
    placeholder=${Ne(l)}
    autocomplete="off"
    spellcheck="false"
    ?required=${s.required&&!(c==="text"&&!l.minLength)}
    aria-describedby=${u}
    aria-invalid=${r}
    .value=${Je(s.text)}
    @input=${o}
    @focus=${s.name==="model"?Cr:d}
  />`}var wo=s=>s.default===void 0||s.default===null?s.type==="object"?"{ }":"JSON":JSON.stringify(s.default);function xo(s,t,e,n,r){let i=(h,p)=>{[s.text,s.given,s.note]=[h,h!=="",p],t.changed()},o=()=>{s.chosen&&URL.revokeObjectURL(s.chosen.address),delete s.chosen},l=async h=>{o(),i("",`sending ${h.name}`);try{let p=await ss(h);s.chosen={address:URL.createObjectURL(h),kind:p.media_type},i(p.id,`${h.name}, ${vt(p.size)}, ${p.media_type}`)}catch(p){i("",E(p).detail)}},c=h=>{h.dataTransfer?.types.includes("Files")&&(h.preventDefault(),h.currentTarget.classList.toggle("over",h.type==="dragover"))};return a`<div class="file" @dragover=${c} @dragleave=${c} @drop=${h=>{c(h);let p=h.dataTransfer?.files[0];p&&l(p)}}>
    <input
      id=${e} name=${e} type="text" placeholder="a blob's id, or data:…" autocomplete="off" spellcheck="false" ?required=${s.required}
      aria-describedby=${n} aria-invalid=${r} .value=${Je(s.text)}
      @input=${h=>{o(),i(h.target.value,"")}}
    />
    <label class="pick">
      Choose or drop a file
      <input
        type="file" class="hidden" accept=${s.schema.accepts?.join(",")??d}
        @change=${h=>{let p=h.target.files?.[0];p&&l(p)}}
      />
    </label>
    ${s.note?a`<p class="hint" role="status">${s.note}</p>`:d}
    ${s.chosen?ko(s.chosen):d}
  </div>`}function ko({address:s,kind:t}){return/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(t)?a`<img class="preview" src=${s} alt="The chosen picture" />`:t.startsWith("audio/")?a`<audio class="preview" controls src=${s}></audio>`:d}function To(s,t,e){let n=t.errors.get(e),r=i=>()=>{i(),t.changed()};return a`<fieldset class="nested ${n?"wrong":""}" data-path=${e}>
    <legend>${Or(s,e)}</legend>
    ${s.schema.description?a`<p class="hint">${O(s.schema.description)}</p>`:d}
    ${n?a`<p class="error">${n}</p>`:d}
    ${s.given?a`${_o(s,t,e,r)}
          ${s.required?d:a`<button type="button" class="small plain" @click=${r(()=>vr(s))}>Leave out ${W(s.name)}</button>`}`:a`<button type="button" class="small" @click=${r(()=>ts(s,t.root))}>Add ${W(s.name)}</button>`}
  </fieldset>`}function _o(s,t,e,n){if(s.kind==="group")return Q(s.parts,t,e);if(s.kind==="union"){let o=`${t.id}-${e}-form`;return a`<div class="field">
        <label for=${o}>form</label>
        <select id=${o} @change=${l=>n(()=>xr(s,l.target.selectedIndex,t.root))()}>
          ${s.forms.map((l,c)=>a`<option .selected=${c===s.form}>${_r(l,c)}</option>`)}
        </select>
      </div>
      ${s.parts.map(l=>l.kind==="group"?Q(l.parts,t,e):Ws(l,t,e))}`}let r=s.schema.maxItems??1/0,i=s.schema.minItems??0;return a`<ol class="items">
      ${js(s.parts,o=>o.id,(o,l)=>a`<li>
          ${o.kind==="group"?Q(o.parts,t,`${e}.${l}`):Ws(o,t,`${e}.${l}`)}
          ${s.parts.length>i?a`<button
                type="button" class="small plain" aria-label="Remove item ${l+1} of ${W(s.name)}"
                @click=${n(()=>{s.parts=s.parts.filter(c=>c!==o)})}
              >Remove</button>`:d}
        </li>`)}
    </ol>
    ${s.parts.length<r?a`<button type="button" class="small" @click=${n(()=>wr(s,t.root))}>Add an item</button>`:d}`}var Ir=500,Ro=1e4;async function yt(s,t,e,n){let r=await H(s,{...j("POST",t,{Accept:"text/event-stream"}),signal:n.signal});e.runId=r.headers.get("Location")?.match(/\/runs\/([^/]+)$/)?.[1]??null,n.waiting(null),n.changed();let i=!1;try{i=await qr(e,r,n)}catch(o){if(jr(o,n))throw o}i||await Ue(e,n)}async function Ue(s,t){if(s.runId===null)throw new TypeError("the connection was lost before the run had its number");let e=Ir;for(;;){let n=s.seq;try{let r=await H(`/runs/${encodeURIComponent(s.runId)}/events`,{headers:{Accept:"text/event-stream","Last-Event-ID":String(s.seq)},signal:t.signal});if(t.waiting(null),await qr(s,r,t))return}catch(r){if(jr(r,t))throw r}e=s.seq>n?Ir:Math.min(2*e,Ro),t.waiting(e),await So(e,t.signal)}}async function qr(s,t,e){for await(let n of Qt(t)){if(n.event==="closing")return!1;if(n.event==="error")throw new U(JSON.parse(n.data),0);let r=JSON.parse(n.data);if(!(r.seq<=s.seq)&&(s.seq=r.seq,s.runId=r.run_id,s.take(r),e.changed(),be.includes(r.body.type)))return!0}return!1}function jr(s,t){return t.signal.aborted?!0:s instanceof U?!(s.problem.retryable??s.status>=502):!(s instanceof TypeError||s instanceof DOMException&&s.name==="NetworkError")}function So(s,t){return new Promise(e=>{let n=()=>{clearTimeout(r),removeEventListener("online",n),t.removeEventListener("abort",n),e()},r=setTimeout(n,s);addEventListener("online",n),t.addEventListener("abort",n)})}var Dr=56,Gs=6e4;function L(s,t="",e="  "){let n=t+e;if(Array.isArray(s))return s.length?s.every(r=>typeof r!="object"||r===null)?Eo(s.map(r=>JSON.stringify(r)),t,e):`[
${s.map(r=>n+L(r,n,e)).join(`,
`)}
${t}]`:"[]";if(typeof s=="object"&&s!==null){let r=Object.entries(s).filter(([,i])=>i!==void 0);return r.length?`{
${r.map(([i,o])=>`${n}${JSON.stringify(i)}: ${L(o,n,e)}`).join(`,
`)}
${t}}`:"{}"}return JSON.stringify(s)??"null"}function Eo(s,t,e){let n=`[${s.join(", ")}]`;if(n.length+t.length<=Dr)return n;let r=[""];for(let[i,o]of s.entries()){let l=i<s.length-1?`${o},`:o,c=r.at(-1);c&&c.length+l.length+1>Dr-t.length?r.push(l):r[r.length-1]=c?`${c} ${l}`:l}return`[
${r.map(i=>`${t}${e}${i}`).join(`
`)}
${t}]`}var Ao=/("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;function ne(s){let t=s.length<=Gs,e=t?s:s.slice(0,Gs),n=[],r=0;for(let i of e.matchAll(Ao)){n.push(e.slice(r,i.index)),r=i.index+i[0].length;let[,o,l,c,u]=i;o!==void 0&&l!==void 0?n.push(a`<span class="j-name">${o}</span>`,l):o!==void 0?n.push(a`<span class="j-text">${o}</span>`):n.push(a`<span class="j-value">${c??u}</span>`)}return n.push(e.slice(r)),a`<pre class="code-block" tabindex="0"><code>${n}</code></pre>
    ${t?"":a`<p class="note">The first ${Gs.toLocaleString("en")} of ${s.length.toLocaleString("en")} characters. Copy takes all of it.</p>`}`}var Nr=[{id:"curl",name:"curl",note:"",text:Mo},{id:"python",name:"Python",note:"Standard library alone.",text:Co},{id:"mcp",name:"MCP",note:"The official client: pip install mcp",text:Lo},{id:"mcp-json",name:"MCP JSON",note:"One request of the stateless protocol.",text:Po},{id:"socket",name:"WebSocket",note:"A2A over one socket: pip install websockets",text:Oo,fits:s=>s.shape==="model"},{id:"cli",name:"Shell",note:"The server's own command line.",text:Io}];function wt({line:s,given:t,origin:e}){let{id:n,...r}=t,i=s.path.includes("{id}");return{url:`${e}${je(s,String(n??"ID"))}`,rest:i?r:t,query:["GET","DELETE"].includes(s.method)}}var is=s=>Object.entries(s).filter(([,t])=>t!=null).map(([t,e])=>[t,typeof e=="string"?e:JSON.stringify(e)]),ns=s=>/^[\w./:=@%+,-]+$/.test(s)?s:`'${s.replaceAll("'","'\\''")}'`,Ur='-H "Authorization: Bearer $NIS_API_KEY"',Hr=s=>`-d '${L(s).replaceAll("'","'\\''")}'`,zs=s=>s.join(` \\
  `);function Mo(s){let{url:t,rest:e,query:n}=wt(s),{method:r,shape:i}=s.line,o=[`curl -sS${i==="stream"?"N":""}${["GET","POST"].includes(r)?"":` -X ${r}`} ${ns(t)}`];if(s.keyed&&o.push(Ur),i==="stream"&&o.push("-H 'Accept: text/event-stream'"),!n)return zs([...o,"-H 'Content-Type: application/json'",Hr(e)]);let l=is(e).map(([c,u])=>`--data-urlencode ${ns(`${c}=${u}`)}`);return zs(l.length?[...o,"-G",...l]:o)}function Po({line:s,given:t,origin:e,keyed:n}){let r=gt(s.name),i="2026-07-28",o={"io.modelcontextprotocol/protocolVersion":i,"io.modelcontextprotocol/clientInfo":{name:"curl",version:"8"},"io.modelcontextprotocol/clientCapabilities":{}},l={"Content-Type":"application/json",Accept:"application/json, text/event-stream","MCP-Protocol-Version":i,"Mcp-Method":"tools/call","Mcp-Name":r};return zs([`curl -sS ${ns(`${e}/mcp`)}`,...n?[Ur]:[],...Object.entries(l).map(([c,u])=>`-H '${c}: ${u}'`),Hr({jsonrpc:"2.0",id:1,method:"tools/call",params:{name:r,arguments:t,_meta:o}})])}function rs(s,t=""){return L(s,t,"    ").replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g,e=>({true:"True",false:"False",null:"None"})[e]??e.replace(/\\\//g,"/"))}function Co(s){let{url:t,rest:e,query:n}=wt(s),r=s.line.shape==="stream",i=is(e),o=[n?"":'"Content-Type": "application/json"',r?'"Accept": "text/event-stream"':"",s.keyed?'"Authorization": "Bearer " + os.environ["NIS_API_KEY"]':""].filter(Boolean),c=["json",s.keyed?"os":"",n&&i.length?"urllib.parse":"","urllib.request"].filter(Boolean).map(u=>`import ${u}`);return c.push(""),n&&i.length&&c.push(`query = urllib.parse.urlencode(${rs(Object.fromEntries(i.map(([u,h])=>[u,typeof e[u]=="number"?e[u]:h])))})`),c.push("request = urllib.request.Request("),c.push(n&&i.length?`    ${JSON.stringify(`${t}?`)} + query,`:`    ${JSON.stringify(t)},`),n||c.push(`    data=json.dumps(${rs(e,"    ")}).encode(),`),o.length&&c.push(`    headers={${o.join(", ")}},`),["GET","POST"].includes(s.line.method)||c.push(`    method=${JSON.stringify(s.line.method)},`),c.push(")"),c.push("with urllib.request.urlopen(request) as answer:"),r?c.push("    for line in answer:",'        if line.startswith(b"data: "):',"            print(json.loads(line[6:]))"):c.push("    print(json.dumps(json.load(answer), indent=2))"),c.join(`
`)}function Lo({line:s,given:t,origin:e,keyed:n}){let r=JSON.stringify(`${e}/mcp?toolset=${le(s.name)}`),i=n?`
    http = httpx2.AsyncClient(headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]})
    async with Client(streamable_http_client(${r}, http_client=http)) as client:`:`
    async with Client(${r}) as client:`;return`import asyncio
import json
${n?`import os

import httpx2
`:`
`}from mcp import Client
${n?`from mcp.client.streamable_http import streamable_http_client
`:""}

async def main():${i}
        result = await client.call_tool(
            ${JSON.stringify(gt(s.name))},
            ${rs(t,"            ")},
        )
        print(json.dumps(result.structured_content, indent=2))


asyncio.run(main())`}function Oo({line:s,given:t,origin:e,keyed:n}){let r=n?', additional_headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]}':"";return`import asyncio
import json
${n?`import os
`:""}import uuid

from websockets.asyncio.client import connect

message = {
    "messageId": str(uuid.uuid4()),
    "role": "ROLE_USER",
    "parts": [{"data": {"operation": ${JSON.stringify(s.name)}, "arguments": ${rs(t,"    ")}}}],
}


async def main():
    address = ${JSON.stringify(`${e.replace(/^http/,"ws")}/a2a`)}
    async with connect(address${r}) as socket:
        call = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
        await socket.send(json.dumps(call))
        print(json.dumps(json.loads(await socket.recv()), indent=2))


asyncio.run(main())`}function Io({line:s,given:t}){let e=Object.entries(t).map(([n,r])=>{let i=typeof r=="string"?r:JSON.stringify(r);return`--${n.replaceAll("_","-")} ${ns(i)}`});return[`nis call ${s.name}`,...e].join(` \\
  `)}var z=new EventTarget,as={state:"ok"},Z=()=>as;function os(s){as=s,z.dispatchEvent(new Event("change"))}function Ye(s){s!==null?os({state:"waiting",seconds:s/1e3}):as.state!=="ok"&&os({state:"ok"})}function xt(){os({state:"lost"}),setTimeout(()=>{as.state==="lost"&&fetch("/health",{cache:"no-store"}).then(()=>os({state:"ok"}),xt)},3e3)}function D(s){return s instanceof U||xt(),E(s)}addEventListener("offline",xt);var Qe=class{constructor(){this.state="queued";this.attempt=0;this.open=null}hear(t){switch(t.type){case"started":[this.state,this.attempt,this.open]=["running",t.attempt,null];break;case"released":this.state=t.reason==="shutdown"?"queued":t.reason;break;case"approval_required":case"input_required":t.call_id&&(this.open=t),this.state==="queued"&&(this.state="waiting");break;case"approved":case"rejected":case"input_provided":case"retry_scheduled":[this.state,this.open]=["queued",null];break;case"pause_requested":this.state!=="running"&&(this.state="paused");break;case"resume_requested":this.state=this.open?"waiting":"queued";break;case"succeeded":case"failed":case"cancelled":this.state=t.type}}get asked(){return this.state==="waiting"?this.open:null}get ended(){return be.includes(this.state)}};var Re=class extends Qe{constructor(e){super();this.runId=e;this.seq=0;this.events=[];this.views=[];this.result=void 0;this.problem=null;this.progress=null}take(e){this.events.push(e);let{body:n}=e;this.hear(n),n.type==="surface"?this.views=[...this.views,...n.views]:n.type==="progress"?this.progress={fraction:n.fraction,message:n.message}:n.type==="succeeded"?this.result=n.result:n.type==="failed"&&(this.problem=n.problem)}};var Fr="application/vnd.nis.views+json",He=()=>({state:"running",took:null,result:void 0,views:[],items:[],log:null});async function Xe(s,t,e,n,r){let i=performance.now();try{s.shape==="run"?await Do(s,t,e,{changed:n,waiting:Ye,signal:r}):s.shape==="stream"?await jo(s,t,e,n,r):await qo(s,t,e,r)}finally{e.took=performance.now()-i}}function Vr(s,t,e,n){let r=wt({line:s,given:t,origin:"",keyed:!1});if(!r.query)return H(r.url,{...j(s.method,r.rest,{Accept:e}),signal:n});let i=new URLSearchParams(is(r.rest)).toString();return H(i?`${r.url}?${i}`:r.url,{method:s.method,headers:{Accept:e},signal:n})}async function qo(s,t,e,n){let r=await Vr(s,t,`${Fr}, application/json;q=0.9, */*;q=0.1`,n);if((r.headers.get("Content-Type")??"").startsWith(Fr)){let o=await r.json();[e.result,e.views]=[o.result,o.views]}else e.result=await r.json();e.state="done"}async function jo(s,t,e,n,r){let i=await Vr(s,t,"text/event-stream",r);for await(let o of Qt(i)){if(o.event==="closing")break;let l=JSON.parse(o.data);if(o.event==="error")throw new U(l,0);e.items.push(l),No(l)&&(e.log??=new Re(l.run_id)).take(l),n()}e.result=e.items,e.state="done"}async function Do(s,t,e,n){let r=e.log=new Re(null),i=wt({line:s,given:t,origin:"",keyed:!1});if(await yt(i.url,i.rest,r,n),e.views=r.views,e.result=r.result,e.state={succeeded:"done",cancelled:"stopped"}[r.state]??"failed",r.problem)throw new U(r.problem,0)}function No(s){let t=s;return typeof t.run_id=="string"&&typeof t.seq=="number"&&typeof t.body?.type=="string"}var Uo=40,ls=s=>s?.shape==="model"&&s.effect==="reads",Ze=class{constructor(t,e,n){this.given=t;this.answered=e;this.refused=n;this.again=!1;this.busy=!1;this.signal=AbortSignal.abort()}async slid(t,e){if([this.again,this.signal]=[!0,e],!this.busy){this.busy=!0;try{for(;this.again&&!this.signal.aborted;){this.again=!1;let{signal:n}=this,r=this.given();if(r===null)break;let i=He();try{await Xe(t,r,i,()=>{},n),n.aborted||this.answered(i)}catch(o){n.aborted||this.refused(D(o))}await new Promise(o=>setTimeout(o,Uo))}}finally{this.busy=!1}}}};var et=s=>s.names?.length?s.names.map((t,e)=>e):s.values,Ks=(s,t)=>t!=null&&(s.scale!=="log"||t>0);function*_t(s,t){let e=et(s);for(let n=0;n<Math.min(e.length,t.values.length);n++){let[r,i]=[e[n],t.values[n]];Ks(s,r)&&Ks(t,i)&&(yield[n,r,i])}}function Se(s,t,e,n={}){let r=s[0];if(r.names?.length)return{low:-.5,high:r.names.length-.5,kind:"linear",names:r.names,from:t,to:e};let[i,o]=[1/0,-1/0],l=!0,c=h=>{Ks(r,h)&&(l&&=Number.isInteger(h),i=Math.min(i,h),o=Math.max(o,h))};for(let h of s)h.values.forEach(c),h.edges?.forEach(c),h.errors?.forEach((p,m)=>{let g=h.values[m];p&&typeof g=="number"&&[g-p,g+p].forEach(c)});let u=r.scale??"linear";if(i>o&&([i,o]=u==="log"?[1,10]:[0,1]),u!=="log"){n.zero&&([i,o]=[Math.min(i,0),i===0&&o===0?1:Math.max(o,0)]);let h=(o/2-i/2)*2*(n.pad??0);Number.isFinite(i-h)&&Number.isFinite(o+h)&&([i,o]=[n.zero&&i===0?0:i-h,n.zero&&o===0?0:o+h])}return{low:i,high:o,kind:u,names:[],whole:l,from:t,to:e}}function Wr(s){let t=({from:n,to:r})=>Math.abs(r-n),e=Math.max(...s.map(n=>(n.high-n.low)/t(n)));return s.map(n=>{let r=Math.max(0,(e*t(n)-(n.high-n.low))/2);return{...n,low:n.low-r,high:n.high+r}})}function S(s,t){let[e,n,r]=s.kind==="log"?[s.low,s.high,t].map(Math.log10):[s.low,s.high,t],i=n/2-e/2,o=i>0?(r/2-e/2)/i:.5;return s.from+Math.min(1,Math.max(0,o))*(s.to-s.from)}function Js(s,t){if(s.names.length){let e=s.names.map((r,i)=>[i,r]).filter(([,r])=>r),n=Math.max(1,Math.ceil(e.length/Math.max(1,t)));return e.filter((r,i)=>i%n===0)}return s.kind==="log"?Ho(s,t):s.kind==="time"?Bo(s,t):ft(s.low,s.high,t,s.whole?1:0).map(e=>[e,Is(e)])}function Ho({low:s,high:t},e){let[n,r]=[Math.ceil(Math.log10(s)-1e-9),Math.floor(Math.log10(t)+1e-9)],i=r-n<2?[1,2,5]:[1],o=Math.max(1,Math.ceil((r-n+1)/Math.max(2,e))),l=[];for(let c=i.length>1?n-1:n;c<=r;c+=o)for(let u of i){let h=u*10**c;h>=s*.999&&h<=t*1.001&&l.push([h,Is(h)])}return l}var Gr=60,Fo=3600,kt=86400,Vo=[1,2,5,10,15,30,...[1,2,5,10,15,30].map(s=>s*Gr),...[1,2,3,6,12].map(s=>s*Fo),...[1,2,7,14].map(s=>s*kt)],Br=[1,2,3,6,12,24,60,120,240,600,1200];function Bo({low:s,high:t},e){let n=(t-s)/Math.max(1,e);if(n<.5)return ft(s,t,e).map(c=>[c,Tt(c).slice(11)]);let r=Vo.find(c=>c>=n),i=[];if(r){for(let u=Math.ceil(s/r);u<=Math.floor(t/r);u++)i.push(u*r);let c=Math.floor(s/kt)!==Math.floor(t/kt);return i.map(u=>[u,r>=kt?Tt(u).slice(0,10):Tt(u).slice(c?5:11,r>=Gr?16:19)])}let o=Br.find(c=>c*30.44*kt>=.8*n)??Br.at(-1),l=new Date(s*1e3);for(let c=Math.ceil((l.getUTCFullYear()*12+l.getUTCMonth())/o)*o;;c+=o){let u=Date.UTC(Math.floor(c/12),c%12)/1e3;if(!(u<=t)||i.length>100)break;u>=s&&i.push(u)}return i.map(c=>[c,Tt(c).slice(0,o>=12?4:7)])}function Tt(s){let t=new Date(Math.round(s*1e3));return Number.isNaN(t.getTime())?`${v(s)} s`:t.toISOString().slice(0,23).replace("T"," ").replace(/\.?0+$/,"")}function ve(s,t){if(s.names?.length)return s.names[t]??"";if(s.edges?.length)return`${v(s.edges[t])} to ${v(s.edges[t+1])}`;let e=s.values[t];return e==null?"":s.scale==="time"?Tt(e).replace(" 00:00:00",""):v(e)}var ce=(s,t)=>t?`${s} (${t})`:s;var Ys=7,Wo=18,de=(s,t=Wo)=>s.length>t?`${s.slice(0,t-1)}…`:s;function zr(s){return s.length?14+Ys*Math.max(...s.map(t=>de(t).length)):56}function Kr(s,t){return s.length>0&&Ys*Math.max(...s.map(e=>de(e).length))+8>t/s.length}var tt=(s,t)=>Kr(s,t)?22+.64*Ys*Math.max(...s.map(e=>de(e).length)):30;function st(s,t,e){let{width:n,height:r,left:i,right:o,bottom:l}=e,c=Kr(s.names,n-i-o),u=s.names.length?(n-i-o)/(c?20:10):n/(s.kind==="time"?130:110);return w`
    ${Js(t,t.names.length?Math.abs(t.to-t.from)/16:4).map(([h,p])=>w`${t.names.length?"":w`<path class="grid" d="M${i} ${S(t,h)}H${n-o}"></path>`}
        <text x=${i-8} y=${S(t,h)+4} text-anchor="end">${de(p)}</text>`)}
    ${Js(s,u).map(([h,p])=>{let m=S(s,h);return c?w`<text x=${m+4} y=${r-l+14} text-anchor="end" transform="rotate(-40 ${m+4} ${r-l+14})">${de(p)}</text>`:w`${s.names.length?"":w`<path class="axis" d="M${m} ${r-l}v4"></path>`}
        <text x=${m} y=${r-l+18} text-anchor="middle">${s.names.length?de(p):p}</text>`})}
    <path class="axis" d="M${i} ${r-l}H${n-o}"></path>
    ${t.low<0&&t.high>0&&t.kind!=="log"&&!t.names.length?w`<path class="axis" d="M${i} ${S(t,0)}H${n-o}"></path>`:""}`}var Go=60,re=class extends y{constructor(){super();this.sized=new ResizeObserver(([e])=>requestAnimationFrame(()=>this.width=Math.floor(e.contentRect.width-this.frame())));this.width=0}static{this.properties={width:{state:!0}}}frame(){let e=this.querySelector("figure");if(!e)return 0;let n=getComputedStyle(e);return[n.paddingLeft,n.paddingRight,n.borderLeftWidth,n.borderRightWidth].reduce((r,i)=>r+parseFloat(i),0)}connectedCallback(){super.connectedCallback(),this.sized.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.sized.disconnect()}};function ye(s,t,e="Numbers"){let n=Math.max(1,Math.ceil(t.length/Go)),r=t.filter((l,c)=>c%n===0),i=l=>typeof l=="number"?v(l):l??"",o=s.map((l,c)=>r.some(u=>typeof u[c]=="number")?"n":"");return a`<details>
    <summary>${e}</summary>
    ${n>1?a`<p class="hint">${r.length} of ${t.length} rows, evenly chosen.</p>`:""}
    <div class="wide" tabindex="0" role="region" aria-label=${e}>
      <table>
        <thead><tr>${s.map((l,c)=>a`<th scope="col" class=${o[c]}>${l}</th>`)}</tr></thead>
        <tbody>${r.map(l=>a`<tr>${l.map((c,u)=>a`<td class=${o[u]}>${i(c)}</td>`)}</tr>`)}</tbody>
      </table>
    </div>
  </details>`}var Qs=60,Xs=12,Zs=12,zo=6,Ko=.8,nt=s=>`c${s%zo}`,cs=s=>ce(s.label,s.unit),en=class extends re{static{this.properties={series:{attribute:!1},place:{state:!0}}}constructor(){super(),this.place=null}willUpdate(t){t.has("series")&&(this.place=null)}render(){let{title:t,x:e,lines:n}=this.series,r=[...new Set(n.map(Jr))];return a`<figure>
      ${t?a`<figcaption>${t}</figcaption>`:d}
      ${this.width&&et(e).length?r.map(i=>this.panel(i)):d}
      <p class="readout" aria-hidden="true">${this.place===null?cs(e):this.readout(this.place)}</p>
      ${this.numbers()}
    </figure>`}panel(t){let{x:e,lines:n}=this.series,r=[...new Set(n.map(b=>b.group||b.label))],i=n.map(b=>({line:b,index:r.indexOf(b.group||b.label)})).filter(({line:b})=>Jr(b)===t),o=i.filter(({line:b})=>b.mark==="bars"),l=tt(e.names??[],this.width-Qs-Xs),c=Math.round(Math.min(260,Math.max(170,this.width*.42)))+l-30,u={width:this.width,height:c,left:Qs,right:Xs,top:Zs,bottom:l},h=o.length?Yr(e)/2:0,p={...e,errors:h&&!e.names?.length?e.values.map(()=>h):[]},m=Se([p],Qs,this.width-Xs,{pad:n.some(b=>b.mark==="points")?.02:0}),g=i[0].line.scale!=="log",f=Se(i.map(({line:b})=>b),c-l,Zs,{zero:o.length>0&&g,pad:i.some(({line:b})=>b.mark==="points"||b.errors?.length)?.04:0});this.series.equal&&([m,f]=Wr([m,f]));let{label:k,unit:_}=i[0].line,R=this.series.y,P=i.length===1?a`<p class="legend">${ce(R||k,_)}</p>`:a`<ul class="legend">
            ${i.map(({line:b,index:q})=>a`<li class="${nt(q)} ${b.mark??"line"}">${b.label}</li>`)}
            ${R||_?a`<li class="unit">${R?ce(R,_):`in ${_}`}</li>`:d}
          </ul>`,B=`${i.map(({line:b})=>Qr(b)).join("; ")}, over ${Qr(e)}`;return a`${P}
      <svg
        role="img"
        aria-label=${B}
        viewBox="0 0 ${this.width} ${c}"
        width=${this.width}
        height=${c}
        @pointermove=${b=>this.point(b,m)}
        @pointerdown=${b=>this.point(b,m)}
        @pointerleave=${()=>this.place=null}
      >
        ${st(m,f,u)}
        ${o.map((b,q)=>this.bars(b,m,f,q/o.length,1/o.length))}
        ${i.map(b=>b.line.errors?.length?this.errors(b,m,f,o.indexOf(b),o.length):d)}
        ${i.map(b=>Jo(e,b,m,f))}
        ${this.place===null?d:this.guide(this.place,i,m,f,u)}
      </svg>`}bars({line:t,index:e},n,r,i,o){let{x:l}=this.series,c=S(r,r.kind==="log"?r.low:Math.max(r.low,Math.min(0,r.high)));return[..._t(l,t)].map(([u,h,p])=>{let[m,g]=l.edges?.length?[S(n,l.edges[u])+.5,S(n,l.edges[u+1])-.5]:this.band(h,n,i,o),f=S(r,p);return w`<rect class="bar ${nt(e)}" x=${m} y=${Math.min(f,c)} width=${Math.max(.5,g-m)} height=${Math.abs(c-f)}></rect>`})}band(t,e,n,r){let i=Ko*Yr(this.series.x)/2,[o,l]=[S(e,t-i),S(e,t+i)];return[o+(l-o)*n,o+(l-o)*(n+r)]}errors({line:t,index:e},n,r,i,o){return[..._t(this.series.x,t)].map(([l,c,u])=>{let h=t.errors?.[l];if(!h)return d;let[p,m]=i<0?[S(n,c),S(n,c)]:this.band(c,n,i/o,1/o),g=(p+m)/2,f=S(r,t.scale==="log"&&u-h<=0?r.low:u-h);return w`<path class="error ${i<0?nt(e):""}" d="M${g-4} ${f}h8M${g} ${f}V${S(r,u+h)}M${g-4} ${S(r,u+h)}h8"></path>`})}guide(t,e,n,r,i){let o=et(this.series.x)[t];if(o==null)return d;let l=S(n,o);return w`<path class="guide" d="M${l} ${Zs}V${i.height-i.bottom}"></path>
      ${e.filter(({line:c})=>c.mark!=="bars"&&typeof c.values[t]=="number").map(({line:c,index:u})=>w`<circle class=${nt(u)} cx=${l} cy=${S(r,c.values[t])} r="4"></circle>`)}`}point(t,e){let n=t.clientX-t.currentTarget.getBoundingClientRect().left,[r,i]=[1/0,null];et(this.series.x).forEach((o,l)=>{let c=o===null?1/0:Math.abs(S(e,o)-n);c<r&&([r,i]=[c,l])}),this.place=i}readout(t){let{x:e,lines:n}=this.series,r=n.filter(i=>typeof i.values[t]=="number").map(i=>`${i.label} ${v(i.values[t])}${i.unit?` ${i.unit}`:""}${i.errors?.[t]?` ± ${v(i.errors[t])}`:""}`);return[`${e.label} ${ve(e,t)}${e.unit?` ${e.unit}`:""}`,...r].join("   ")}numbers(){let{x:t,lines:e}=this.series,n=[cs(t),...e.flatMap(o=>o.errors?.length?[cs(o),"±"]:[cs(o)])],r=!t.names?.length&&!t.edges?.length&&t.scale!=="time",i=et(t).map((o,l)=>[r?o:ve(t,l),...e.flatMap(c=>c.errors?.length?[c.values[l],c.errors[l]]:[c.values[l]])]);return ye(n,i)}},Jr=s=>`${s.scale??"linear"} ${s.unit}`;function Yr(s){if(s.names?.length)return 1;let t=s.values.filter(e=>e!==null).sort((e,n)=>e-n);return t.reduce((e,n,r)=>r&&n>t[r-1]?Math.min(e,n-t[r-1]):e,1/0)||1}function Jo(s,{line:t,index:e},n,r){if(t.mark==="bars")return d;if(t.mark==="points")return[..._t(s,t)].map(([,l,c])=>w`<path class="point ${nt(e)}" d=${Yo(e,S(n,l),S(r,c))}></path>`);let i="",o=-2;for(let[l,c,u]of _t(s,t)){let h=`${S(n,c).toFixed(1)} ${S(r,u).toFixed(1)}`;i+=l===o+1?`L${h}`:`M${h}h0.01`,o=l}return w`<path class="line ${nt(e)}" d=${i}></path>`}function Yo(s,t,e){let n=`M${t.toFixed(1)} ${e.toFixed(1)}`;return[`${n}m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0`,`${n}m-3 -3h6v6h-6z`,`${n}m0 -4.5l4.5 7.5h-9z`,`${n}m0 -4.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z`][s%4]}function Qr(s){if(s.names?.length)return`${s.label} from ${s.names[0]} to ${s.names.at(-1)}`.trim();let t=(s.edges?.length?s.edges:s.values).filter(o=>o!==null),[e,n]=[1/0,-1/0];for(let o of t)[e,n]=[Math.min(e,o),Math.max(n,o)];if(e>n)return s.label;let[r,i]=[e,n].map(o=>ve({...s,edges:[],names:[],values:[o]},0));return`${s.label} from ${r} to ${i} ${s.unit}`.trim()}customElements.define("nis-chart",en);var Qo="440154 482878 3e4a89 31688e 26838f 1f9e89 35b779 6cce59 b4de2c fde725".split(" "),Xo="2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b".split(" "),rt=64,sn=class extends re{static{this.properties={grid:{attribute:!1},said:{state:!0}}}constructor(){super(),this.said=""}get ends(){let[t,e]=[1/0,-1/0];for(let i of this.grid.cells)for(let o of i)o!==null&&([t,e]=[Math.min(t,o),Math.max(e,o)]);if(t>e)return[0,1];let{middle:n}=this.grid;if(n==null)return t===e?[t-.5,e+.5]:[t,e];let r=Math.max(e-n,n-t)||1;return[n-r,n+r]}get stops(){return this.grid.middle===null||this.grid.middle===void 0?Qo:Xo}get upright(){return this.grid.y.names?.length?this.grid.cells:this.grid.cells.toReversed()}updated(t){super.updated(t);let e=this.querySelector("canvas");if(!e)return;let[n,r]=this.ends;Xr(e,this.upright,o=>Zr((o-n)/(r-n),this.stops));let i=this.querySelector("canvas.key");i&&Xr(i,Array.from({length:64},(o,l)=>[1-l/63]),o=>Zr(o,this.stops))}render(){let{title:t,label:e,unit:n,x:r,y:i,cells:o}=this.grid,l=Math.max(0,...o.map(u=>u.length)),c=Array.from({length:l},(u,h)=>ve(r,h));return a`<figure>
      ${t?a`<figcaption>${t}</figcaption>`:d}
      <p class="legend">${[i.label?`${ce(i.label,i.unit)} over ${ce(r.label,r.unit)}`:"",`colour: ${ce(e,n)}`].filter(Boolean).join("; ")}</p>
      ${this.width&&l?this.drawn(l):d}
      <p class="readout" aria-hidden="true">${this.said||a`&nbsp;`}</p>
      ${ye(["",...c],o.map((u,h)=>[ve(i,h),...u]))}
    </figure>`}drawn(t){let{x:e,y:n,cells:r,label:i,unit:o}=this.grid,[l,c]=this.ends,u=zr(n.names??[]),h=tt(e.names??[],this.width-u-rt),p=Math.round(Math.min(420,Math.max(180,this.width*.5)))+h-30,m={width:this.width,height:p,left:u,right:rt,top:8,bottom:h},g=tn(e,t,u,this.width-rt),f=(n.names??[]).length>0,k=f?tn(n,r.length,m.top,p-h):tn(n,r.length,p-h,m.top),[_,R]=[this.width-u-rt,p-h-m.top],P=q=>{let X=q.currentTarget.getBoundingClientRect(),Pe=Math.floor((q.clientX-X.left)/X.width*t),It=Math.floor((q.clientY-X.top)/X.height*r.length),Bn=f?It:r.length-1-It,vs=r[Bn]?.[Pe],Ci=[`${n.label} ${ve(n,Bn)} ${n.unit}`,`${e.label} ${ve(e,Pe)} ${e.unit}`].map(Li=>Li.trim());this.said=vs===void 0?"":[...Ci,`${i} ${vs===null?"missing":`${v(vs)} ${o}`}`.trim()].join("   ")},B=(q,X)=>`left: ${q}px; top: ${m.top}px; width: ${X}px; height: ${R}px`,b=`${r.length} rows of ${t}: ${i} from ${v(l)} to ${v(c)} ${o}`.trim();return a`<div class="cells">
      <svg aria-hidden="true" viewBox="0 0 ${this.width} ${p}" width=${this.width} height=${p}>
        ${st(g,k,m)}
        ${ft(l,c,4).map(q=>{let X=m.top+R*(1-(q-l)/(c-l));return w`<text x=${this.width-rt+28} y=${X+4}>${v(q)}</text>`})}
      </svg>
      <canvas
        role="img" aria-label=${b} .style=${B(u,_)}
        @pointermove=${P} @pointerdown=${P} @pointerleave=${()=>this.said=""}
      ></canvas>
      <canvas class="key" aria-hidden="true" .style=${B(this.width-rt+10,12)}></canvas>
    </div>`}};function tn(s,t,e,n){if(s.names?.length)return Se([s],e,n);let r=s.values.filter(c=>c!==null),[i,o]=[r[0]??0,r.at(-1)??t-1],l=Math.abs(o-i)/Math.max(1,r.length-1)/2||.5;return{low:Math.min(i,o)-l,high:Math.max(i,o)+l,kind:s.scale==="time"?"time":"linear",names:[],from:e,to:n}}function Xr(s,t,e){let n=Math.max(0,...t.map(i=>i.length));if(!n)return;[s.width,s.height]=[n,t.length];let r=new ImageData(n,t.length);t.forEach((i,o)=>i.forEach((l,c)=>{l!==null&&r.data.set([...e(l),255],4*(o*n+c))})),s.getContext("2d").putImageData(r,0,0)}function Zr(s,t){let e=Math.min(1,Math.max(0,Number.isFinite(s)?s:.5))*(t.length-1),n=Math.min(t.length-2,Math.floor(e)),r=(i,o)=>parseInt(i.slice(o,o+2),16);return[0,2,4].map(i=>{let[o,l]=[r(t[n],i),r(t[n+1],i)];return Math.round(o+(l-o)*(e-n))})}customElements.define("nis-grid",sn);var Zo=6,ei=512,ea=13,ti=.62,ta=24,ds=class extends re{static{this.properties={address:{state:!0},trouble:{state:!0}}}constructor(){super(),[this.address,this.trouble]=["",""]}disconnectedCallback(){super.disconnectedCallback(),URL.revokeObjectURL(this.address),this.address=""}async fetch(t,e){if(URL.revokeObjectURL(this.address),[this.address,this.trouble]=["",""],!!t)try{this.address=URL.createObjectURL(await Hs(t,e))}catch(n){this.trouble=E(n).detail}}},nn=class extends ds{static{this.properties={picture:{attribute:!1},hit:{state:!0}}}constructor(){super(),this.hit=null}willUpdate(t){let e=t.get("picture");t.has("picture")&&e?.blob!==this.picture.blob&&this.fetch(this.picture.blob,"image/*")}render(){let{title:t,width:e,height:n,alt:r,boxes:i,shapes:o}=this.picture,l=[...i,...o],c=[...new Set(l.map(h=>h.label))],u=[...i.map(h=>[h.label,h.score,h.x,h.y,h.width,h.height]),...o.map(h=>[h.label||h.form,h.score,...si(h.points)])];return a`<figure class="picture">
      ${t?a`<figcaption>${t}</figcaption>`:d}
      <div class="seen" .style=${`aspect-ratio: ${e} / ${n}; max-width: min(100%, ${Math.max(240,e)}px, ${Math.round(ei*e/n)}px)`}>
        ${this.address?a`<img src=${this.address} alt=${r} />`:a`<span class="frame" role="img" aria-label=${r}></span>`}
        ${l.length?this.over(c):d}
      </div>
      <p class="readout" aria-hidden="true">${this.hit===null?`${e} × ${n} pixels`:this.told(this.hit)}</p>
      ${this.trouble?a`<p class="note">${this.trouble}</p>`:d}
      ${this.address?a`<a class="save" href=${this.address} download=${this.picture.blob}>Save</a>`:d}
      ${l.length?ye(["found","score","x","y","width","height"],u,`Found (${l.length})`):d}
    </figure>`}over(t){let{width:e,height:n,boxes:r,shapes:i}=this.picture,o=Math.min(this.width,Math.max(240,e),ei*e/n),l=ea*e/Math.max(100,o),c=p=>`c${t.indexOf(p)%Zo}`,u=[],h=(p,m,g,f,k)=>{let _=[m,g==null?"":Math.abs(g)<=1?g.toFixed(2):v(g)].filter(Boolean).join(" "),R=de(_,Math.max(3,Math.floor(e/l/ti))),P=R.length*l*ti,[B,b]=[Math.max(0,Math.min(f[0],e-P)),f[1]>l*1.6?f[1]-l*.4:f[1]+l*1.2],q=_.length>ta||u.some(([X,Pe,It])=>B<Pe&&X<B+P&&Math.abs(It-b)<l);return R&&!q&&u.push([B,B+P,b]),w`<g
        class="found ${c(m)} ${this.hit===p?"hit":""}" tabindex="0" role="img" aria-label=${this.told(p)}
        @pointerenter=${()=>this.hit=p} @focus=${()=>this.hit=p} @pointerleave=${()=>this.hit=null} @blur=${()=>this.hit=null}
      >${k}${R&&(!q||this.hit===p)?w`<text x=${B} y=${b} font-size=${l} stroke-width=${l/4}>${R}</text>`:d}</g>`};return a`<svg viewBox="0 0 ${e} ${n}">
      ${r.map((p,m)=>h(m,p.label,p.score,[p.x,p.y],w`<rect x=${p.x} y=${p.y} width=${p.width} height=${p.height}></rect>`))}
      ${i.map((p,m)=>{let g=p.points.map(k=>k.join(" ")).join("L"),f=p.form==="points"?p.points.map(([k,_])=>w`<circle cx=${k} cy=${_} r=${l/3}></circle>`):w`<path class=${p.form} d="M${g}${p.form==="polygon"?"z":""}"></path>`;return h(r.length+m,p.label,p.score,p.points[0],f)})}
    </svg>`}told(t){let{boxes:e,shapes:n}=this.picture,r=e[t],i=n[t-e.length],[o,l,c,u]=r?[r.x,r.y,r.width,r.height]:si(i.points),{label:h,score:p}=r??i,m=p==null?"":`   score ${v(p)}`;return`${h||(i?.form??"box")}${m}   at ${v(o)}, ${v(l)}   ${v(c)} × ${v(u)}`}};function si(s){let[t,e]=[s.map(([i])=>i),s.map(([,i])=>i)],[n,r]=[Math.min(...t),Math.min(...e)];return[n,r,Math.max(...t)-n,Math.max(...e)-r]}customElements.define("nis-picture",nn);var rn=class extends ds{static{this.properties={sound:{attribute:!1},at:{state:!0}}}constructor(){super(),this.at=0}willUpdate(t){let e=t.get("sound");t.has("sound")&&e?.blob!==this.sound.blob&&this.fetch(this.sound.blob,"audio/*")}render(){let{title:t,duration:e,alt:n,segments:r,blob:i}=this.sound;return a`<figure class="sound">
      <figcaption>${t||"Sound"} <span class="note">${G(e)}</span></figcaption>
      ${this.address?a`<audio controls src=${this.address} aria-label=${n} @timeupdate=${o=>this.at=o.target.currentTime}></audio>`:d}
      ${r.length?a`<ol class="stretches">
            ${r.map(o=>{let l=this.address&&this.at>=o.start&&this.at<o.end&&this.at>0,c=a`<span class="time">${G(o.start)}</span> <span dir="auto">${o.text||`to ${G(o.end)}`}</span>`;return a`<li>${this.address?a`<button type="button" class="plain ${l?"now":""}" aria-label="Play from ${G(o.start)}: ${o.text}" @click=${()=>this.play(o.start)}>${c}</button>`:c}</li>`})}
          </ol>`:a`<p class="hint">${n}</p>`}
      ${this.trouble?a`<p class="note">${this.trouble}</p>`:d}
      ${this.address?a`<a class="save" href=${this.address} download=${i}>Save</a>`:d}
    </figure>`}play(t){let e=this.querySelector("audio");e.currentTime=t,e.play().catch(()=>{})}};customElements.define("nis-sound",rn);var ni=6,ri=s=>({label:"",unit:"",values:[],names:[],edges:[],scale:"linear",mark:"line",errors:[],group:"",...s}),on=class extends re{static{this.properties={plot:{attribute:!1},said:{state:!0}}}constructor(){super(),this.said=""}render(){let{title:t,label:e,unit:n,boxes:r}=this.plot,i=l=>`${v(l)}${n?` ${n}`:""}`,o=r.map(l=>[l.label,l.count,l.low,l.first_quartile,l.median,l.third_quartile,l.high,l.outliers.length]);return a`<figure>
      ${t?a`<figcaption>${t}</figcaption>`:d}
      <p class="legend">${ce(e,n)}</p>
      ${this.width&&r.length?this.drawn(i):d}
      <p class="readout" aria-hidden="true">${this.said||a`&nbsp;`}</p>
      ${ye(["group","count","low","first quartile","median","third quartile","high","outliers"],o)}
    </figure>`}drawn(t){let{boxes:e}=this.plot,n=e.map(p=>p.label),r=tt(n,this.width-68),i=Math.round(Math.min(300,Math.max(200,this.width*.45)))+r-30,o={width:this.width,height:i,left:56,right:12,top:12,bottom:r},l=Se([ri({names:n})],o.left,this.width-o.right),c=Se([ri({values:e.flatMap(p=>[p.low,p.high,...p.outliers])})],i-r,o.top,{pad:.04}),u=Math.min(40,(this.width-68)/e.length*.3),h=e.map(p=>`${p.label}: median ${t(p.median)}, middle half ${t(p.first_quartile)} to ${t(p.third_quartile)}`).join("; ");return a`<svg role="img" aria-label=${h} viewBox="0 0 ${this.width} ${i}" width=${this.width} height=${i} @pointerleave=${()=>this.said=""}>
      ${st(l,c,o)}
      ${e.map((p,m)=>{let g=S(l,m),[f,k,_,R,P]=[p.low,p.first_quartile,p.median,p.third_quartile,p.high].map(b=>S(c,b)),B=()=>{this.said=`${p.label}   median ${t(p.median)}   middle half ${t(p.first_quartile)} to ${t(p.third_quartile)}   n = ${p.count}`};return w`<g class="c0" @pointerenter=${B} @pointerdown=${B}>
          <path class="whisker" d="M${g} ${f}V${k}M${g} ${R}V${P}M${g-u/2} ${f}h${u}M${g-u/2} ${P}h${u}"></path>
          <rect class="box" x=${g-u} y=${R} width=${2*u} height=${Math.max(0,k-R)}></rect>
          <path class="median c1" d="M${g-u} ${_}h${2*u}"></path>
          ${p.outliers.map(b=>w`<circle cx=${g} cy=${S(c,b)} r="3"><title>${t(b)}</title></circle>`)}
        </g>`})}
    </svg>`}};customElements.define("nis-box-plot",on);var an=class extends re{static{this.properties={network:{attribute:!1},node:{state:!0}}}constructor(){super(),this.node=null}render(){let{title:t,nodes:e,links:n}=this.network,r=[...new Set(e.map(o=>o.group).filter(Boolean))],i=n.map(o=>[e[o.start]?.label,e[o.end]?.label,o.label,o.weight]);return a`<figure>
      ${t?a`<figcaption>${t}</figcaption>`:d}
      ${r.length?a`<ul class="legend">${r.map((o,l)=>a`<li class="c${l%ni} points">${o}</li>`)}</ul>`:d}
      ${this.width?this.drawn(r):d}
      <p class="readout" aria-hidden="true">${this.node===null?a`&nbsp;`:this.told(this.node)}</p>
      ${ye(["from","to","label","weight"],i,"Links")}
    </figure>`}joined(t){let{nodes:e,links:n}=this.network;return n.flatMap(r=>r.start===t?[e[r.end].label]:r.end===t?[e[r.start].label]:[])}told(t){let e=this.joined(t);return`${this.network.nodes[t].label}   ${e.length?`joined to ${e.slice(0,8).join(", ")}${e.length>8?" …":""}`:"joined to nothing"}`}drawn(t){let{nodes:e,links:n,directed:r}=this.network,i=Math.round(Math.min(460,Math.max(240,this.width*.6))),o=e.map(m=>[50+m.x*(this.width-100),18+m.y*(i-48)]),l=Math.max(1e-300,...n.map(m=>Math.abs(m.weight))),c=new Set(n.map(m=>m.weight)).size<2,u=this.node===null?null:new Set([this.node,...n.flatMap(m=>m.start===this.node?[m.end]:m.end===this.node?[m.start]:[])]),h=[],p=(m,[g,f])=>{let k=m.length*3.5,_=[g-k,f+8,g+k,f+24];return h.some(R=>_[0]<R[2]&&R[0]<_[2]&&_[1]<R[3]&&R[1]<_[3])?!1:h.push(_)>0};return a`<svg role="img" aria-label="${e.length} things and ${n.length} links" viewBox="0 0 ${this.width} ${i}" width=${this.width} height=${i} @pointerleave=${()=>this.node=null}>
      ${n.map(m=>{let[[g,f],[k,_]]=[o[m.start],o[m.end]],R=u&&m.start!==this.node&&m.end!==this.node?"away":"",P=Math.atan2(_-f,k-g),[B,b]=[k-9*Math.cos(P),_-9*Math.sin(P)],q=Pe=>`${B-9*Math.cos(P+Pe)} ${b-9*Math.sin(P+Pe)}`,X=m.start===m.end?`M${g} ${f}c-24 -34 24 -34 0 0`:`M${g} ${f}L${k} ${_}`;return w`<path class="link ${R}" stroke-width=${c?1.4:1+4*Math.abs(m.weight)/l} d=${X}>${m.label?w`<title>${m.label}</title>`:d}</path>
          ${r&&m.start!==m.end?w`<path class="head ${R}" d="M${B} ${b}L${q(-.42)}L${q(.42)}z"></path>`:d}`})}
      ${e.map((m,g)=>{let[f,k]=o[g],_=()=>{this.node=g},R=u&&!u.has(g)?"away":"",P=de(m.label);return w`<circle class="node c${Math.max(0,t.indexOf(m.group))%ni} ${R}" cx=${f} cy=${k} r="7" @pointerenter=${_} @pointerdown=${_}><title>${m.label}</title></circle>
          ${p(P,[f,k])||u?.has(g)?w`<text class="name ${R}" x=${Math.min(Math.max(f,P.length*3.5),this.width-P.length*3.5)} y=${k+20} text-anchor="middle">${P}</text>`:d}`})}
    </svg>`}};customElements.define("nis-network",an);function ue(s){switch(s.kind){case"text":return a`<div class="prose" dir="auto">${Y(s.text)}</div>`;case"table":return a`<figure><figcaption>${s.title}</figcaption>${Rt(s)}</figure>`;case"series":return a`<nis-chart .series=${s}></nis-chart>`;case"grid":return a`<nis-grid .grid=${s}></nis-grid>`;case"box_plot":return a`<nis-box-plot .plot=${s}></nis-box-plot>`;case"network":return a`<nis-network .network=${s}></nis-network>`;case"image":return a`<nis-picture .picture=${s}></nis-picture>`;case"audio":return a`<nis-sound .sound=${s}></nis-sound>`;case"form":return d;default:return a`<p class="note">This page cannot draw a ${s.kind}; the JSON has it.</p>`}}function Rt(s){let t=s.columns.map((n,r)=>2*s.rows.filter(o=>typeof o[r]=="number").length>s.rows.length?"n":""),e=(n,r)=>a`<td class="${t[r]??""} ${/^\S{1,40}$/.test(String(n))?"token":""}">${typeof n=="number"?v(n):n}</td>`;return a`<div class="wide" tabindex="0" role="region" aria-label=${s.title}>
    <table>
      <thead>
        <tr>
          ${s.columns.map((n,r)=>a`<th scope="col" class=${t[r]}>${n}</th>`)}
        </tr>
      </thead>
      <tbody>${s.rows.map(n=>a`<tr>${n.map(e)}</tr>`)}</tbody>
    </table>
  </div>`}function A(s,t){return a`<div class="failure" role="alert">
    <p><strong>${sa(s.title)}.</strong> ${s.detail}</p>
    ${s.errors&&s.errors.length>1?a`<ul>${s.errors.map(e=>a`<li><code>${e.field}</code> ${e.message}</li>`)}</ul>`:d}
    ${s.remedy?a`<p class="remedy">${s.remedy}</p>`:d}
    ${t&&s.retryable?a`<button @click=${t}>Try again</button>`:d}
  </div>`}var sa=s=>s.charAt(0).toUpperCase()+s.slice(1);var na=3;function ii(s){for(let t=s?.closest("details");t;t=t.parentElement?.closest("details"))t.open=!0}var St={capture:!0,handleEvent:s=>ii(s.target)};function us(s){let t=s?.querySelector(".wrong :is(input, select, textarea)")??null;ii(t),t?.focus()}var ln=class extends y{constructor(){super();this.plain=new Set;this.leaving=new AbortController;this.sliding=new Ze(()=>J(this.root),e=>[this.outcome,this.trouble]=[e,null],e=>this.trouble=e);this.submit=e=>{if(e.preventDefault(),this.disabled)return;let n={},r=[];for(let o of this.root.parts){let l=J(o);if(l===void 0||De(l,o.schema.default))continue;n[o.name]=l;let{unit:c}=o.schema;r.push(`${W(o.name)} ${typeof l=="number"?v(l):Te(l)}${c?` ${c}`:""}`)}let i={message:`Run ${this.form.operation}: ${r.join(", ")||"as it is"}`,operation:this.form.operation,arguments:n};this.dispatchEvent(new CustomEvent("call",{detail:i,bubbles:!0,composed:!0}))};[this.outcome,this.trouble]=[null,null]}static{this.properties={form:{attribute:!1},asks:{type:Boolean},disabled:{type:Boolean},outcome:{state:!0},trouble:{state:!0}}}willUpdate(e){if(!e.has("form")||e.get("form")===this.form)return;let{request_schema:n,values:r,missing:i}=this.form;this.root=$e({...n,required:[...n.required??[],...i]},r),this.plain=new Set(this.root.parts.filter(o=>!o.required&&De(J(o)??o.schema.default??null,o.schema.default??null)))}render(){let{form:e,root:n}=this,r=n.parts.filter(u=>this.plain.has(u)),i=r.length>=na&&r.length<n.parts.length,o=i?n.parts.filter(u=>!r.includes(u)):n.parts,l={root:e.request_schema,id:`f${n.id}`,errors:new Map,changed:()=>this.requestUpdate(),...e.missing.length?{}:{slid:()=>{this.slid()}}},c=a`<form @submit=${this.submit} @invalid=${St}>
      ${Q(o,l)}
      ${i?a`<details class="more"><summary>${r.length} more, as by default</summary>${Q(r,l)}</details>`:d}
      <button class="primary" ?disabled=${this.disabled}>Run</button>
      ${this.trouble?a`<p class="error" role="status">${this.trouble.detail}</p>`:d}
      ${this.outcome?a`<div class="views slid" aria-live="polite">${this.outcome.views.filter(u=>u.kind!=="form").map(ue)}</div>`:d}
    </form>`;return e.missing.length&&this.asks?a`<section class="form asked"><h3>${e.title}</h3>${c}</section>`:a`<details class="form"><summary>${e.title}</summary>${c}</details>`}async slid(){let e=F(await K(),this.form.operation);e&&ls(e)&&await this.sliding.slid(e,this.leaving.signal)}disconnectedCallback(){super.disconnectedCallback(),this.leaving.abort(),this.leaving=new AbortController}};customElements.define("nis-form",ln);function Et(s,t){let{errors:e,field:n,detail:r="",remedy:i=""}=t??{},l=(e??(n?[{field:n,message:`${oi(r)} ${i}`.trim()}]:[])).map(c=>[ra(s,c.field),oi(c.message)]);return new Map(l.filter(([c])=>c))}var oi=s=>/[.!?]$/.test(s)?s:`${s}.`;function ra(s,t){let e=[],[n,r]=[s?.parts??[],!1];for(let i of t.split(".")){let o=r?n[Number(i)]:n.find(l=>l.name===i);o&&(e.push(i),n=o.parts.flatMap(l=>o.kind==="union"&&l.kind==="group"?l.parts:[l]),r=o.kind==="list")}return e.join(".")}var cn=class extends y{constructor(){super();this.dialog=te();this.root=null;this.first={};this.calling=new AbortController;this.answer=()=>{};this.done=!1;this.closed=()=>{this.calling.abort(),this.said=this.done?`${this.wanted.title}: done`:"",this.done&&this.detail?.effect==="destroys"&&document.querySelector("#main").focus({preventScroll:!0}),this.wanted=null,this.answer(this.done)};[this.wanted,this.line,this.detail,this.outcome,this.refusal]=[null,null,null,null,null],this.said=""}static{this.properties={wanted:{state:!0},line:{state:!0},detail:{state:!0},outcome:{state:!0},refusal:{state:!0},said:{state:!0}}}async open(e){return[this.wanted,this.line,this.detail,this.outcome,this.refusal,this.done]=[e,null,null,null,null,!1],await this.updateComplete,this.dialog.value.showModal(),this.learn(e),new Promise(n=>this.answer=n)}async learn(e){try{let[n,r]=await Promise.all([Zt(e.name),K()]);if(e!==this.wanted)return;this.root=$e(n.request_schema,{...e.given,...e.of}),this.first=J(this.root),[this.detail,this.line]=[n,F(r,e.name)],n.effect==="reads"?this.call():this.updateComplete.then(()=>this.querySelector(".field :is(input, select, textarea)")?.focus())}catch(n){e===this.wanted&&(this.refusal=D(n))}}get given(){let e=J(this.root);if(this.line?.method!=="PATCH")return e;let n=this.wanted?.of??{},r=Object.entries(e).filter(([o,l])=>o in n||!De(l,this.first[o])),i=this.root.parts.filter(o=>o.kind==="text"&&!o.given&&this.first[o.name]);return{...Object.fromEntries(r),...Object.fromEntries(i.map(o=>[o.name,""]))}}async call(e){if(e?.preventDefault(),!this.line||this.outcome?.state==="running")return;let{signal:n}=this.calling=new AbortController,r=this.outcome=He();this.refusal=null;try{if(await Xe(this.line,this.given,r,()=>this.requestUpdate(),n),n.aborted)return;this.done=this.line.effect!=="reads",this.done&&this.dialog.value?.close()}catch(i){r.state="failed",n.aborted||(this.refusal=D(i))}this.requestUpdate(),await this.updateComplete,us(this)}render(){return a`<p class="hidden" role="status">${this.said}</p>
      ${this.wanted?this.sheet(this.wanted):d}`}sheet(e){let{detail:n,refusal:r,root:i}=this,o=(i?.parts??[]).filter(c=>!(c.name in(e.of??{}))),l=Et(i&&{...i,parts:o},r);return a`<dialog class="sheet" aria-labelledby="act-title" ${se(this.dialog)} @close=${this.closed}>
      <form @submit=${c=>{this.call(c)}} @invalid=${St}>
        <h2 id="act-title">${e.title}</h2>
        ${n?a`<p class="note">${O(n.summary)}</p>
              ${this.result(n)} ${this.form(o,n,l)}`:r?d:a`<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div>`}
        ${r&&l.size<(r.errors?.length??1)?A(r):d}
        <div class="act">
          <button class=${n?.effect==="destroys"?"danger":"primary"} ?disabled=${!n||this.outcome?.state==="running"}>${e.button}</button>
          <button type="button" class="plain" @click=${()=>this.dialog.value.close()}>${n?.effect==="reads"?"Close":"Cancel"}</button>
          ${n?.effect==="destroys"?a`<span class="note">This cannot be undone.</span>`:d}
        </div>
      </form>
    </dialog>`}form(e,n,r){if(!e.length)return d;let i=Q(e,{root:n.request_schema,id:"act",errors:r,changed:()=>this.requestUpdate()});return n.effect==="reads"?a`<details class="more"><summary>Ask otherwise</summary>${i}</details>`:i}result({effect:e}){if(e!=="reads")return d;let{state:n,views:r,result:i}=this.outcome??He();return a`<div class="views" aria-live="polite" aria-busy=${n==="running"}>
      ${n==="running"?a`<p class="waiting"><span class="pulse"></span> asking</p>`:n!=="done"?d:r.length?r.map(ue):ne(L(i))}
    </div>`}};customElements.define("nis-act",cn);var At=s=>document.querySelector("nis-act").open(s);var pe=(s,t,e={})=>H(`/runs/${encodeURIComponent(s)}/${t}`,j("POST",e)),it=(s,t,e="")=>a`<button class="small ${e}" @click=${t}>${s}</button>`;function ai(s,t){switch(s){case"queued":case"running":return a`${it("Pause",()=>t("pause"))} ${it("Stop",()=>t("cancel"),"stop")}`;case"paused":return a`${it("Go on",()=>t("resume"))} ${it("Stop",()=>t("cancel"),"stop")}`;case"waiting":return it("Stop",()=>t("cancel"),"stop");case"failed":case"cancelled":return it("Try again",()=>t("retry"));case"succeeded":return d}}var dn=class extends y{constructor(){super();this.send=e=>{e.preventDefault();let n=this.root.parts.map(r=>[r.name,J(r)]).filter(([,r])=>r!==void 0);this.tell("provide-input",{values:Object.fromEntries(n)})};[this.root,this.trouble,this.sent]=[null,null,!1]}static{this.properties={runId:{attribute:!1},asked:{attribute:!1},root:{state:!0},trouble:{state:!0},sent:{state:!0}}}willUpdate(e){!e.has("asked")&&!e.has("runId")||([this.root,this.trouble,this.sent]=[null,null,!1],this.asked.type==="input_required"&&this.learn())}async learn(){try{let{waiting:e}=await $(`/runs/${encodeURIComponent(this.runId)}`);this.root=e?.schema?$e(e.schema,{}):null}catch(e){this.trouble=E(e)}}async tell(e,n={}){[this.trouble,this.sent]=[null,!0];try{await pe(this.runId,e,{call_id:this.asked.call_id,...n})}catch(r){[this.trouble,this.sent]=[E(r),!1]}}render(){let{asked:e}=this,n=e.type==="approval_required"?this.approval(e.operation,e.reason):this.input(e);return a`<section class="panel asks" aria-label="The run waits for you">
      ${n} ${this.trouble?A(this.trouble):d}
    </section>`}approval(e,n){return a`<p><strong>May it call <code>${e}</code>?</strong> ${n}</p>
      <p>
        <button class="primary small" ?disabled=${this.sent} @click=${()=>{this.tell("approve")}}>Approve</button>
        <button class="stop small" ?disabled=${this.sent} @click=${()=>{this.tell("reject")}}>Reject</button>
      </p>`}input(e){let{root:n}=this,r={root:n?.schema??{},id:`a${n?.id??0}`,errors:new Map,changed:()=>this.requestUpdate()};return a`<p>
        <strong>${e.question||a`It asks for ${e.missing.join(", ")}${e.operation?a` of <code>${e.operation}</code>`:d}.`}</strong>
      </p>
      ${n?a`<form @submit=${this.send}>
            ${Q(n.parts,r)}
            <p><button class="primary small" ?disabled=${this.sent}>Send</button></p>
          </form>`:d}`}};customElements.define("nis-asked",dn);var ia={chat:"M4 5.5h12v8H9l-3.5 3v-3H4z",explore:"M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M13.2 13.2l3.6 3.6",runs:"M3.5 5.5h2M3.5 10h2M3.5 14.5h2M8.5 5.5h8M8.5 10h8M8.5 14.5h5",models:"M10 3.5l6.5 3.25l-6.5 3.25l-6.5-3.25zM3.5 10l6.5 3.25l6.5-3.25M3.5 13.25l6.5 3.25l6.5-3.25",usage:"M4 16.5v-6M10 16.5v-13M16 16.5v-9",budgets:"M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 6v8M12 8c-.4-.7-1.1-1-2-1c-1.2 0-2 .6-2 1.5c0 2 4 1 4 3c0 .9-.8 1.5-2 1.5c-.9 0-1.6-.3-2-1",copy:"M7 7h8.5v9.5H7zM4.5 13V3.5H13",check:"M4.5 10.5l3.5 3.5l7.5-8",plus:"M10 4v12M4 10h12",more:"M5 10h.01M10 10h.01M15 10h.01",sun:"M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",moon:"M15.5 12A6.5 6.5 0 0 1 8 4.5a6.2 6.2 0 1 0 7.5 7.5",auto:"M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 3.5v13M10 7h4.5M10 10h6M10 13h4.5",book:"M4 4.5c2.5-.8 4.5-.5 6 .7c1.5-1.2 3.5-1.5 6-.7v11c-2.5-.8-4.5-.5-6 .7c-1.5-1.2-3.5-1.5-6-.7zM10 5.2v11",again:"M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4",branch:"M6 4v12M6 12c0-3 8-2 8-6M14 6a1.6 1.6 0 1 1 .01 0M6 16.5a.1.1 0 1 1 .01 0",up:"M6.5 9.5v7h-3v-7zM6.5 9.5l3-6c1.5 0 2 1 1.7 2.5L10.8 8h4.7l-1.2 8H6.5",down:"M13.5 10.5v-7h3v7zM13.5 10.5l-3 6c-1.5 0-2-1-1.7-2.5l.4-2H4.5l1.2-8h7.8",edit:"M4 16l1-4l8.5-8.5l3 3L8 15z",trash:"M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",menu:"M3.5 6h13M3.5 10h13M3.5 14h13",close:"M5 5l10 10M15 5L5 15",left:"M12 4l-6 6l6 6",right:"M8 4l6 6l-6 6",send:"M10 16V4.5M5 9l5-5l5 5",arrow:"M10 4.5v11M5 10.5l5 5l5-5",key:"M12.5 4a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 10l-6 6M6 14l2 2",stop:"M6 6h8v8H6z",microphone:"M10 3a2.5 2.5 0 0 1 2.5 2.5v4a2.5 2.5 0 0 1-5 0v-4A2.5 2.5 0 0 1 10 3M5 9.5a5 5 0 0 0 10 0M10 14.5v2.5",play:"M6.5 4.5l9 5.5l-9 5.5z",link:"M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4l-2 2"},x=s=>a`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${w`<path d=${ia[s]}></path>`}</svg>`;var un=class extends y{static{this.properties={text:{attribute:!1},label:{},done:{state:!0}}}constructor(){super(),this.label="Copy",this.done=!1}render(){return a`<button type="button" class="ghost" aria-label=${this.label} title=${this.label} @click=${()=>{this.copy()}}>
      ${x(this.done?"check":"copy")}<span class="hidden" role="status">${this.done?"copied":""}</span>
    </button>`}async copy(){let t=typeof this.text=="string"?this.text:this.text();try{await navigator.clipboard.writeText(t)}catch{let e=document.createElement("textarea");e.value=t,document.body.append(e),e.select(),document.execCommand("copy"),e.remove()}this.done=!0,setTimeout(()=>this.done=!1,1500)}};customElements.define("nis-copy",un);var oa=400,aa=30;function Mt({body:s,time:t}){let e=s.type==="progress"?s.values??{}:{};return Object.keys(e).length?[{time:t,values:e}]:[]}function ps(s){if(s.length<2)return d;let t=[...new Set(s.flatMap(({values:e})=>Object.keys(e)))];return a`${t.map(e=>a`<nis-chart .series=${la(e,s)}></nis-chart>`)}`}function la(s,t){let e=t.filter(({values:c})=>c[s]!==void 0),n=2**Math.ceil(Math.log2(Math.max(1,e.length/oa))),r=e.filter((c,u)=>u%n===0||u===e.length-1),i=r.map(c=>c.values[s]),o=Math.min(...i),l=o>0&&Math.max(...i)>aa*o?"log":"linear";return{kind:"series",title:"",x:{label:"time",unit:"s",values:r.map(({time:c})=>c-t[0].time)},lines:[{label:s,unit:"",values:i,scale:l}]}}var ca=100,pn=null;function li(){return pn??=$(`/feedback?limit=${ca}`).then(({feedback:s})=>new Map(s.map(t=>[t.run_id,t])),()=>(pn=null,new Map)),pn}var hn=class extends y{static{this.properties={runId:{attribute:!1},mine:{state:!0},asks:{state:!0},said:{state:!0}}}constructor(){super(),[this.mine,this.asks,this.said]=[null,!1,""]}willUpdate(t){if(!t.has("runId"))return;let{runId:e}=this;[this.mine,this.asks,this.said]=[null,!1,""],li().then(n=>{e===this.runId&&(this.mine=n.get(e)??null)})}async rate(t){let{mine:e}=this;if(e?.rating===t)return this.change(()=>H(this.path,{method:"DELETE"}).then(()=>null));let n=e?{rating:t}:{run_id:this.runId,rating:t};await this.change(()=>this.put(e?"PATCH":"POST",n)),this.asks=this.mine!==null,await this.updateComplete,this.querySelector("input")?.focus()}async comment(t){this.asks=!1,t.trim()&&await this.change(()=>this.put("PATCH",{comment:t.trim()})),this.mine&&(this.said="Thank you.")}get path(){return`/feedback/${encodeURIComponent(this.mine.id)}`}put(t,e){return $(t==="POST"?"/feedback":this.path,j(t,e))}async change(t){let e=await li();try{[this.mine,this.said,this.asks]=[await t(),"",!1],this.mine?e.set(this.runId,this.mine):e.delete(this.runId)}catch(n){this.said=E(n).detail}}render(){return a`${this.thumb("good","A good answer")}${this.thumb("bad","A bad answer")}
      ${this.asks?a`<form
            class="word"
            @submit=${t=>{t.preventDefault(),this.comment(t.currentTarget.querySelector("input").value)}}
          >
            <input aria-label="Why?" placeholder="Why? (as you like)" maxlength="4000" .value=${this.mine?.comment??""} />
            <button class="small">Say</button>
          </form>`:d}
      <span role="status">${this.said}</span>`}thumb(t,e){return a`<button
      class="ghost" aria-label=${e} title=${e} aria-pressed=${this.mine?.rating===t} @click=${()=>{this.rate(t)}}
    >${x(t==="good"?"up":"down")}</button>`}};customElements.define("nis-feedback",hn);var da=new Intl.NumberFormat(void 0,{style:"currency",currency:"USD",currencyDisplay:"narrowSymbol",minimumFractionDigits:2,maximumFractionDigits:9}),Ee=1e9,ua=new Intl.NumberFormat(void 0,{maximumFractionDigits:0}),pa=new Intl.NumberFormat(void 0,{style:"percent",maximumFractionDigits:1}),M=s=>da.format(s),C=s=>ua.format(s),Pt=s=>pa.format(s),Ae=s=>s===null?"–":s<999.5?`${C(s)} ms`:`${(s/1e3).toFixed(1)} s`;var ha=["","routes","providers","changes"];function ot(s){let[t="",e=""]=s.replace(/^#\/?/,"").split("?",2),[n,...r]=t.split("/"),i=new URLSearchParams(e),o=ga(r.join("/"));return n==="explore"&&o?{page:"operation",name:o,input:fa(i.get("input"))}:n==="explore"?{page:n,query:i.get("q")??"",family:i.get("family")??""}:n==="runs"&&o?{page:"run",id:o}:n==="runs"?{page:n,state:i.get("state")??""}:n==="models"?{page:n,part:ha.find(l=>l===o)??""}:n==="usage"?{page:n,...ma(i)}:n==="budgets"?{page:n}:{page:"chat",id:n==="chat"&&o?o:null}}function T(s){let t=e=>encodeURIComponent(e);switch(s.page){case"chat":return s.id===null?"#/":`#/chat/${t(s.id)}`;case"explore":return`#/explore${hs({q:s.query,family:s.family})}`;case"operation":return`#/explore/${t(s.name)}${hs({input:s.input?JSON.stringify(s.input):""})}`;case"runs":return`#/runs${hs({state:s.state})}`;case"run":return`#/runs/${t(s.id)}`;case"models":return s.part?`#/models/${s.part}`:"#/models";case"usage":{let{days:e,since:n,until:r,by:i,everyone:o}=s;return`#/usage${hs({days:n||r||e===30?"":String(e),since:n,until:r,by:i==="day"?"":i,of:o?"all":""})}`}case"budgets":return"#/budgets"}}function ma(s){let t=n=>s.get(n)?.match(/^\d{4}-\d{2}-\d{2}$/)?.[0]??"";return{days:Math.min(Math.max(1,Math.round(Number(s.get("days")))||30),3650),since:t("since"),until:t("until"),by:s.get("by")??"day",everyone:s.get("of")==="all"}}var Me=s=>{location.hash=T(s)},V=(s,t=null)=>T({page:"operation",name:s,input:t}),ms=s=>history.replaceState(null,"",T(s));function hs(s){let t=Object.entries(s).filter(([,e])=>e);return t.length?`?${new URLSearchParams(t)}`:""}function ga(s){try{return decodeURIComponent(s)}catch{return s}}function fa(s){try{let t=JSON.parse(s??"null");return typeof t=="object"&&!Array.isArray(t)?t:null}catch{return null}}function Fe(s,t=null,e=[]){let n={question:s,attached:e,call:t,take:r=>ba(n,r),runId:null,seq:0,state:"sending",standing:new Qe,steps:new Map,stored:null,calls:[],views:[],model:null,tokens:null,cost:0,progress:null,notes:[],problem:null,conversationId:null,answers:[]};return n}var Ve=s=>be.includes(s.state);function Ct(s){return[...s.steps].sort(([e],[n])=>e-n).map(([,e])=>e).filter(e=>e.trim()).join(`

`)||s.stored||""}function ci(s){let t=Ct(s);return s.views.filter(e=>e.kind!=="text"||!t.includes(e.text.trim()))}function ba(s,t){s.state==="sending"&&(s.state="running");let e=t.body;switch(s.standing.hear(e),e.type){case"text_delta":s.steps.set(e.step,(s.steps.get(e.step)??"")+e.text);break;case"step_retried":s.steps.delete(e.step),s.notes.push(`The answer was cut off and began again. ${e.reason}`);break;case"model_called":s.model={provider:e.provider,model:e.model,demonstration:s.model?.demonstration??!1};break;case"tool_called":s.calls.push({id:e.call_id,operation:e.operation,arguments:e.arguments,state:"running",chosen:s.model!==null});break;case"tool_answered":{s.progress=null;let n=s.calls.find(r=>r.id===e.call_id);n&&(n.state=e.problem?"failed":"done",e.problem&&(n.problem=e.problem));break}case"progress":s.progress={fraction:e.fraction,message:e.message,measured:[...s.progress?.measured??[],...Mt(t)]};break;case"surface":s.views.push(...e.views);break;case"warning":s.notes.push(e.message);break;case"succeeded":$a(s,e.result);break;case"failed":s.state="failed",s.problem=e.problem;break;case"cancelled":s.state="cancelled";break;case"model_answered":s.cost+=e.cost??0;break;case"started":case"reasoning_delta":case"input_required":case"approval_required":case"noted":case"artifact":case"cancel_requested":case"pause_requested":case"resume_requested":case"approved":case"rejected":case"input_provided":case"retry_scheduled":case"released":break;default:}if(Ve(s)){s.progress=null;for(let n of s.calls)n.state==="running"&&(n.state="failed")}}function $a(s,t){s.state="succeeded",s.stored=t.response,s.conversationId=t.conversation_id,s.tokens=t.tokens_used??null,s.model={provider:t.provider,model:t.model,demonstration:t.demonstration??!1},s.views.length||(s.views=t.views??[])}var va=240;function ui(s,t,e,n){let r=!Ve(s),i=Ct(s);return a`<article class="turn" aria-busy=${r}>
    ${s.attached.length?a`<div class="attached">${s.attached.map(ya)}</div>`:d}
    ${s.question.length>va?a`<h2 class="long" dir="auto" tabindex="0">${s.question}</h2>`:a`<h2 dir="auto">${s.question||a`<span class="hidden">Without words</span>`}</h2>`}
    ${_e([s.seq,s.state],()=>s.calls.map(o=>wa(o,s.views,i)))}
    ${_e([i],()=>i?a`<div class="prose" dir="auto">${Y(i)}</div>`:d)}
    ${_e([s.views.length,i,e,t],()=>ci(s).map((o,l,c)=>Ta(o,l>0||ka(o,c),t,e)))}
    ${s.notes.map(o=>a`<p class="note">${o}</p>`)}
    ${r?_a(s):d} ${s.problem?A(s.problem,n.retry):d}
    ${s.state==="cancelled"?a`<p class="note">Stopped.</p>`:d}
    ${r?d:Ra(s,n)}
  </article>`}function ya(s){return s.gone?a`<p class="note">${s.name||s.media_type} was deleted since.</p>`:a`<nis-blob .blob=${s}></nis-blob>`}function wa(s,t,e){let n=Object.entries(s.arguments),r=t.find(c=>c.kind==="form"&&c.operation===s.operation),i=c=>{let u=r?.request_schema.properties?.[c];return u?Ke(u,r.request_schema).unit??"":""},o={running:"computing",done:"computed",failed:"not computed"}[s.state],l=s.problem&&!e.includes(s.problem.detail)?s.problem:null;return a`<details class="call" ?open=${s.chosen||l!==null}>
    <summary><span class="state ${s.state}">${o}</span> <code>${s.operation}</code></summary>
    ${n.length?a`<dl>
          ${n.map(([c,u])=>a`<div><dt>${W(c)}</dt><dd>${xa(u)} ${i(c)}</dd></div>`)}
        </dl>`:a`<p class="hint">Without arguments.</p>`}
    ${l?a`<p class="bad">${l.detail} ${l.remedy??""}</p>`:d}
    <p class="hint"><a href=${V(s.operation,s.arguments)}>Open it in Explore</a></p>
  </details>`}function xa(s){if(typeof s=="number")return v(s);let t=typeof s=="string"?s:JSON.stringify(s);return t.length>200?`${t.slice(0,199)}…`:t}function ka(s,t){if(s.kind!=="table")return!1;let e=t.flatMap(r=>r.kind==="form"?Object.keys(r.request_schema.properties??{}):[]),n=new Set(e.map(W));return s.rows.every(([r])=>n.has(r))}function Ta(s,t,e,n){return s.kind==="form"?a`<nis-form .form=${s} ?asks=${e} ?disabled=${n}></nis-form>`:s.kind==="table"&&t?a`<details class="aside"><summary>${s.title}</summary>${Rt(s)}</details>`:ue(s)}function _a(s){let{progress:t,runId:e}=s,{asked:n,state:r}=s.standing;return Z().state!=="ok"?mn("the server is out of reach; the answer goes on once it is back"):n&&e?a`<nis-asked .runId=${e} .asked=${n}></nis-asked>`:r==="paused"&&e?a`${mn("paused")} <p><button class="small" @click=${()=>{pe(e,"resume").catch(()=>{})}}>Go on</button></p>`:t?a`<p class="waiting">
        <progress max="1" .value=${t.fraction} aria-label="Progress"></progress> ${t.message}
      </p>
      ${ps(t.measured)}`:mn(Ct(s)?"answering":"thinking")}var mn=s=>a`<p class="waiting"><span class="pulse"></span><span class="quiet">${s}</span></p>`;function Ra(s,{retry:t,branch:e,turnTo:n,rates:r}){return!s.model&&!s.runId?d:a`<footer>
    <span class="acts">
      ${s.state==="succeeded"?a`<nis-copy .text=${()=>Ct(s)} label="Copy the answer"></nis-copy>`:d}
      ${t&&!s.problem?.retryable?di("again","Answer again",t):d} ${e?di("branch","Go on from here in another conversation",e):d}
      ${r&&s.state==="succeeded"&&s.runId?a`<nis-feedback .runId=${s.runId}></nis-feedback>`:d}
      ${s.answers.length>1?Sa(s,n):d}
    </span>
    ${s.model?a`<span>${s.model.provider} · ${s.model.model}</span>`:d}
    ${s.model?.demonstration?a`<span class="badge" title="It is too small to be relied on.">demonstration model</span>`:d}
    ${s.tokens?a`<span>${s.tokens} tokens</span>`:d}
    ${s.cost?a`<span>${M(s.cost/Ee)}</span>`:d}
    ${s.runId?a`<a class="run id" href=${T({page:"run",id:s.runId})} title="The run's events">${s.runId}</a>`:d}
  </footer>`}var di=(s,t,e)=>a`<button class="ghost" aria-label=${t} title=${t} @click=${e}>${x(s)}</button>`;function Sa(s,t){let e=s.answers.indexOf(s.runId),n=(r,i,o)=>a`<button class="ghost" aria-label=${i} title=${i} ?disabled=${!o} @click=${()=>t(o)}>${x(r)}</button>`;return a`${n("left","The answer before",s.answers[e-1])}<span>${e+1} of ${s.answers.length}</span>${n("right","The answer after",s.answers[e+1])}`}var pi=8,Ea="image/png,image/jpeg,image/gif,image/webp,image/tiff,image/bmp,image/avif,audio/*,text/plain,text/markdown,text/csv,text/html,application/json,application/pdf,.pdf,.docx,.xlsx,.pptx,.md,.eml",gn=class extends y{constructor(){super();this.model="";this.input=te();this.chooser=te();this.addresses=new Map;[this.busy,this.below,this.models,this.files,this.over]=[!1,!1,null,[],!1],this.beside=d}static{this.properties={busy:{type:Boolean},below:{type:Boolean},models:{attribute:!1},beside:{attribute:!1},files:{state:!0},over:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.files.forEach(e=>this.release(e))}focus(){this.input.value?.focus()}give(e,n){this.input.value.value||(this.input.value.value=e),this.add(n)}add(e){this.files=[...this.files,...e].slice(0,pi)}leave(e){this.files=this.files.filter(n=>n!==e),this.release(e),this.focus()}release(e){let n=this.addresses.get(e);n&&URL.revokeObjectURL(n),this.addresses.delete(e)}address(e){return this.addresses.has(e)||this.addresses.set(e,URL.createObjectURL(e)),this.addresses.get(e)}send(e){e.preventDefault();let n=this.input.value,r={message:n.value.trim(),files:this.files};this.busy||!(r.message||r.files.length)||(n.value="",this.files=[],r.files.forEach(i=>this.release(i)),this.dispatchEvent(new CustomEvent("say",{detail:r})))}paste(e){let n=[...e.clipboardData?.files??[]];n.length&&(e.preventDefault(),this.add(n))}hold(e){e.dataTransfer?.types.includes("Files")&&(e.preventDefault(),this.over=!0)}drop(e){this.over=!1,e.dataTransfer?.files.length&&(e.preventDefault(),this.add(e.dataTransfer.files),this.focus())}render(){return a`<form class="composer" @submit=${e=>this.send(e)}>
      ${this.below?a`<button type="button" class="down" aria-label="To the end" @click=${()=>scrollTo({top:document.documentElement.scrollHeight})}>
            ${x("arrow")}
          </button>`:d}
      <div
        class="box ${this.over?"over":""}"
        @dragover=${e=>this.hold(e)} @dragleave=${()=>this.over=!1} @drop=${e=>this.drop(e)}
      >
        ${this.files.length?a`<ul class="files" aria-label="Attached">${this.files.map(e=>this.preview(e))}</ul>`:d}
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message" dir="auto" rows="1" maxlength="100000" placeholder="Ask something" autofocus ${se(this.input)}
          @paste=${e=>this.paste(e)}
          @keydown=${e=>{e.key==="Enter"&&!e.shiftKey&&!e.isComposing&&this.send(e)}}
        ></textarea>
        ${this.attach()} ${this.modelLine()} ${this.beside}
        ${this.busy?a`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${()=>this.dispatchEvent(new Event("stop"))}>
              ${x("stop")}
            </button>`:a`<button class="round primary" aria-label="Send" title="Send">${x("send")}</button>`}
      </div>
    </form>`}preview(e){return a`<li>
      ${e.type.startsWith("image/")?a`<img src=${this.address(e)} alt="" />`:d}
      <span>${e.name} <span class="note">${vt(e.size)}</span></span>
      <button type="button" class="ghost" aria-label=${`Remove ${e.name}`} title="Remove" @click=${()=>this.leave(e)}>${x("close")}</button>
    </li>`}attach(){return a`<button
        type="button" class="ghost attach" aria-label="Attach a picture, a sound or a document" title="Attach"
        ?disabled=${this.files.length>=pi} @click=${()=>this.chooser.value.click()}
      >
        ${x("plus")}
      </button>
      <input
        type="file" class="hidden" id="files" aria-label="Files to attach" tabindex="-1" multiple accept=${Ea} ${se(this.chooser)}
        @change=${e=>{let n=e.target;this.add(n.files??[]),n.value="",this.focus()}}
      />`}modelLine(){let e=this.models?.models??[],n=r=>`${r.provider} · ${r.name}${r.demonstration?" (demonstration model)":""}`;return e.length<2?a`<p class="model">${e[0]?n(e[0]):d}</p>`:a`<p class="model">
      <label class="hidden" for="model">Model</label>
      <select id="model" @change=${r=>this.model=r.target.value}>
        <option value="">Model as set up</option>
        ${e.map(r=>a`<option value=${r.id}>${n(r)}</option>`)}
      </select>
    </p>`}};customElements.define("nis-composer",gn);var mi=new EventTarget,gs=()=>{mi.dispatchEvent(new Event("change"))},hi=30,Aa=8,fn=class extends y{static{this.properties={lines:{state:!0},query:{state:!0},hits:{state:!0},more:{state:!0},can:{state:!0},renaming:{state:!0},asking:{state:!0}}}constructor(){super(),this.lines=[],this.query="",this.hits=null,this.more=null,this.can={rename:null,delete:null,search:null},this.renaming=null,this.asking=null}connectedCallback(){super.connectedCallback(),mi.addEventListener("change",()=>{this.load()}),addEventListener("hashchange",()=>this.requestUpdate()),this.load(),K().then(t=>{let e=n=>F(t,`conversations.${n}`);this.can={rename:e("update_conversation"),delete:e("delete_conversation"),search:e("search_conversations")}},()=>{})}async load(t=null){try{let e=await $(`/conversations?limit=${hi}${t?`&cursor=${encodeURIComponent(t)}`:""}`);this.lines=t?[...this.lines,...e.conversations]:e.conversations,this.more=e.next_cursor??null}catch{}}async search(t){this.query=t;let{search:e}=this.can;if(this.hits=null,!(!t.trim()||!e))try{let n=await $(e.path,j("POST",{query:t,limit:hi})),r=new Map(n.matches.toReversed().map(i=>[i.conversation_id,i]));this.query===t&&(this.hits=n.matches.filter(i=>r.get(i.conversation_id)===i))}catch{}}async name(t,e){this.renaming=null,e.trim()&&await this.change(this.can.rename,t,{title:e.trim()})}async forget(t){this.asking=null,await this.change(this.can.delete,t);let e=ot(location.hash);e.page==="chat"&&e.id===t&&Me({page:"chat",id:null})}async change(t,e,n){try{await H(je(t,e),n?j(t.method,n):{method:t.method})}finally{await this.load()}}render(){if(!this.lines.length&&!this.query)return d;let t=ot(location.hash),e=t.page==="chat"?t.id:null,n=this.query.toLowerCase(),r=this.lines.filter(i=>i.title.toLowerCase().includes(n));return a`<section class="conversations" aria-labelledby="conversations-title">
      <h2 id="conversations-title">Conversations</h2>
      ${this.lines.length>=Aa||this.query?a`<input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            @input=${i=>{let o=i.target.value;clearTimeout(this.typed),this.typed=setTimeout(()=>{this.search(o)},150)}}
          />`:d}
      <ul>
        ${this.hits?this.hits.map(i=>Ma(i)):r.map(i=>this.line(i,i.id===e))}
      </ul>
      ${this.query&&!(this.hits??r).length?a`<p class="empty">Nowhere was that said.</p>`:d}
      ${this.more&&!this.query?a`<button class="plain small" @click=${()=>{this.load(this.more)}}>Earlier ones</button>`:d}
    </section>`}line(t,e){return this.renaming===t.id?a`<li>
        <input
          class="rename"
          aria-label="Name of the conversation"
          .value=${t.title}
          autofocus
          maxlength="200"
          @keydown=${n=>{n.key==="Enter"&&this.name(t.id,n.target.value),n.key==="Escape"&&(this.renaming=null)}}
          @blur=${n=>this.renaming===t.id&&void this.name(t.id,n.target.value)}
        />
      </li>`:this.asking===t.id?a`<li class="asking">
        <span>Delete it?</span>
        <button class="small danger" @click=${()=>{this.forget(t.id)}}>Delete</button>
        <button class="small" @click=${()=>this.asking=null}>Keep</button>
      </li>`:a`<li>
      <a href=${T({page:"chat",id:t.id})} aria-current=${e?"page":d} title=${t.title}>${t.title||"untitled"}</a>
      ${this.can.rename?a`<button class="ghost" aria-label="Rename ${t.title}" title="Rename" @click=${()=>this.rename(t.id)}>${x("edit")}</button>`:d}
      ${this.can.delete?a`<button class="ghost" aria-label="Delete ${t.title}" title="Delete" @click=${()=>this.asking=t.id}>${x("trash")}</button>`:d}
    </li>`}rename(t){this.renaming=t,this.updateComplete.then(()=>this.querySelector(".rename")?.select())}};function Ma(s){let t=[],e=0;for(let[n,r]of s.marks)t.push(s.snippet.slice(e,n),a`<mark>${s.snippet.slice(n,r)}</mark>`),e=r;return t.push(s.snippet.slice(e)),a`<li class="match">
    <a href=${T({page:"chat",id:s.conversation_id})}>${s.title||"untitled"}<span>${t}</span></a>
  </li>`}customElements.define("nis-conversations",fn);function at(s){let t=!1;return()=>{t||(t=!0,requestAnimationFrame(()=>{t=!1,s()}))}}var gi=()=>isSecureContext&&"mediaDevices"in navigator&&"AudioWorkletNode"in window,fs=class{constructor(t){this.listener=t;this.context=null;this.socket=null;this.tracks=[];this.playing=new Set;this.rate=0;this.until=0;this.muted=0}async open(t){let e=await navigator.mediaDevices.getUserMedia({audio:{echoCancellation:!0,noiseSuppression:!0,channelCount:1}});this.tracks=e.getTracks();let n=this.context=new AudioContext,r=n.sampleRate<=48e3?n:this.context=new AudioContext({sampleRate:48e3});r!==n&&n.close(),await r.audioWorklet.addModule("/console/microphone.js");let i=this.socket=new WebSocket(`${location.origin.replace("http","ws")}/ws/voice`);i.binaryType="arraybuffer",i.onmessage=o=>{typeof o.data=="string"?this.heed(JSON.parse(o.data)):this.play(o.data)},i.onclose=o=>{o.reason&&this.listener.failed({title:"The conversation was closed",detail:o.reason}),this.close()},i.onopen=()=>{i.send(JSON.stringify({type:"start",sample_rate:r.sampleRate,...t}));let o=new AudioWorkletNode(r,"microphone",{numberOfOutputs:0});o.port.onmessage=l=>{i.readyState===WebSocket.OPEN&&i.send(l.data)},r.createMediaStreamSource(e).connect(o)}}interrupt(){this.tell({type:"interrupt"})}say(t){return this.tell({type:"text_input",text:t})}tell(t){return this.socket?.readyState!==WebSocket.OPEN?!1:(this.socket.send(JSON.stringify(t)),!0)}close(){let t=this.socket;if(!(!t&&!this.tracks.length)){this.socket=null,t&&(t.onclose=null),t?.close(),this.silence();for(let e of this.tracks)e.stop();this.tracks=[],this.context?.close(),this.context=null,this.listener.closed()}}heed(t){switch(t.type){case"transcript_partial":this.listener.said(String(t.text));break;case"transcript":this.listener.said("");break;case"turn_started":this.listener.turn(String(t.run_id),String(t.message),String(t.conversation_id));break;case"sentence":this.rate=Number(t.sample_rate);break;case"interrupted":this.muted=t.turn,this.silence();break;case"error":this.listener.failed(t.error)}}play(t){let e=this.context;if(!e||new DataView(t).getUint32(0)<=this.muted)return;let n=Float32Array.from(new Int16Array(t,8),l=>l/32768),r=e.createBuffer(1,n.length,this.rate);r.copyToChannel(n,0);let i=e.createBufferSource();i.buffer=r,i.connect(e.destination),i.onended=()=>this.playing.delete(i),this.playing.add(i);let o=Math.max(this.until,e.currentTime+.05);i.start(o),this.until=o+r.duration}silence(){for(let t of this.playing)t.stop();this.playing.clear(),this.until=0}};var bn=class extends y{constructor(){super();this.voice=null;this.settings=()=>({}),[this.open,this.said,this.trouble]=[!1,"",null]}static{this.properties={settings:{attribute:!1},open:{state:!0},said:{state:!0},trouble:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.voice?.close()}close(){this.voice?.close()}interrupt(){this.voice?.interrupt()}say(e){return this.voice?.say(e)??!1}async toggle(){if(this.voice)return this.voice.close();[this.trouble,this.open]=[null,!0];let e=this.voice=new fs({said:n=>this.said=n,turn:(n,r,i)=>this.dispatchEvent(new CustomEvent("spoken",{detail:{runId:n,question:r,conversationId:i}})),failed:n=>this.trouble=n,closed:()=>{[this.voice,this.open,this.said]=[null,!1,""]}});try{await e.open(this.settings())}catch(n){this.trouble=n instanceof DOMException?{title:n.name,detail:"The microphone cannot be used.",remedy:n.message}:E(n),e.close(),[this.voice,this.open]=[null,!1]}}render(){if(!gi()||ae.get()!==null)return d;let e=this.trouble?`${this.trouble.detail} ${this.trouble.remedy??""}`:this.said||"Listening…",n=this.open?"Stop talking":"Talk";return a`${this.open||this.trouble?a`<p class="said ${this.trouble?"wrong":""}" role="status">${e}</p>`:d}
      <button
        type="button" class="round talk" aria-label=${n} title=${n} aria-pressed=${this.open} @click=${()=>{this.toggle()}}
      >${x("microphone")}</button>`}};customElements.define("nis-talk",bn);var Pa=[["Fly a ball","How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"],["Swing a pendulum","What is the period of a pendulum 1.2 m long, released at 60 degrees?"],["Convert units","Convert 65 miles per hour to m/s"],["Look up a constant","What is the Planck constant?"]];function fi(s,t,e){return a`<section class="welcome">
    <h1>Ask for a number, get one that was computed.</h1>
    <p>
      A model talks; what can be computed is computed, and comes with its method, its error and the arguments
      used.${s?a` Or <a href="#/explore">explore all ${s} operations</a>.`:d}
    </p>
    <ul>
      ${Pa.map(([n,r])=>a`<li>
          <button @click=${i=>e(r,i)}><strong>${n}</strong><span>${r}</span></button>
        </li>`)}
    </ul>
    <p class="from">
      Programs ask the same: OpenAI's clients at <code>${location.origin}/v1</code>, Anthropic's at <code>${location.origin}</code>, agents
      at <code>/mcp</code> and <code>/a2a</code>, any other over <a href="/docs">REST</a>.
    </p>
    ${t&&!t.models.length?a`<div class="failure">
          <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
          ${t.unavailable.map(n=>a`<p>${n.provider}: ${n.reason} <span class="remedy">${n.remedy}</span></p>`)}
        </div>`:d}
  </section>`}var $n=class extends y{constructor(){super();this.opened=null;this.reading=new AbortController;this.composer=te();this.talk=te();this.sticks=!0;this.paint=at(()=>this.requestUpdate());this.grown=new ResizeObserver(()=>{this.measure()});this.scrolled=()=>{this.sticks=this.measure()<80};this.again=()=>{this.conversationId===null&&this.turns.length&&T({page:"chat",id:null})===location.hash&&this.open(null)};this.conversationId=null,this.turns=[],this.loading=!1,this.models=null,this.trouble=null,this.lines=[],this.below=!1}static{this.properties={conversationId:{attribute:!1},turns:{state:!0},loading:{state:!0},models:{state:!0},trouble:{state:!0},lines:{state:!0},below:{state:!0}}}connectedCallback(){super.connectedCallback(),this.grown.observe(this),addEventListener("scroll",this.scrolled),addEventListener("hashchange",this.again),z.addEventListener("change",this.paint),this.listModels(),K().then(e=>this.lines=e,()=>{})}disconnectedCallback(){super.disconnectedCallback(),this.grown.disconnect(),removeEventListener("scroll",this.scrolled),removeEventListener("hashchange",this.again),z.removeEventListener("change",this.paint),this.reading.abort()}measure(){let e=document.documentElement.scrollHeight-innerHeight-scrollY;return this.below=e>400,e}willUpdate(e){e.has("conversationId")&&(this.conversationId!==this.opened||!this.hasUpdated)&&this.open(this.conversationId)}async listModels(){try{this.models=await $("/models")}catch(e){e instanceof U||xt()}}get busy(){return this.turns.some(e=>!Ve(e))}get model(){let e=this.composer.value?.model;return e?{model:e}:{}}get watcher(){return{changed:this.paint,waiting:Ye,signal:this.reading.signal}}async open(e){if(this.talk.value?.close(),this.reading.abort(),this.reading=new AbortController,this.turns=[],this.trouble=null,this.opened=e,e===null)return void this.composer.value?.focus();let n=this.watcher;this.loading=!0;try{let r=await $(`/conversations/${encodeURIComponent(e)}`,{signal:n.signal});this.turns=r.turns.map(i=>{let o=Fe(i.message,null,i.attachments);return o.runId=i.run_id,o.stored=i.response,o.views=i.views,o.problem=i.problem??null,o.answers=[...i.alternatives??[],i.run_id].sort(),o.state=["queued","paused","waiting"].includes(i.state)?"running":i.state,o}),this.sticks=!0}catch(r){if(n.signal.aborted)return;this.trouble=D(r)}finally{n.signal.aborted||(this.loading=!1)}for(let r of this.turns.toReversed())await this.replay(r,n)}async replay(e,n){let r=Fe(e.question,null,e.attached);r.runId=e.runId,r.answers=e.answers;let i=!Ve(e);i&&this.swap(e,r);try{await Ue(r,n),i||this.swap(e,r)}catch(o){i&&this.fail(r,o,n.signal)}}named(e){this.opened=e,gs(),this.isConnected&&(ms({page:"chat",id:e}),this.conversationId=e)}async say(e,n=null,r=[],i=[]){if(this.busy||!(e.trim()||r.length||i.length)||n===null&&!r.length&&!i.length&&this.talk.value?.say(e))return;let l=Fe(e,n,i);this.turns=[...this.turns,l],this.sticks=!0;let c=this.watcher,u=this.opened;try{l.attached=[...i,...await Promise.all(r.map(ss))]}catch(g){return this.fail(l,g,c.signal),this.composer.value?.give(e,r),this.requestUpdate()}let h={message:e,attachments:l.attached.map(g=>g.id),genui_enabled:!1,...u===null?{}:{conversation_id:u},...this.model,...n?{call:{operation:n.operation,arguments:n.arguments}}:{}},p=u!==null,m=()=>{c.changed(),!(p||l.runId===null)&&(p=!0,this.nameAfter(l,c))};try{await yt("/chat",h,l,{...c,changed:m})}catch(g){this.fail(l,g,c.signal)}this.requestUpdate()}async spoken({runId:e,question:n,conversationId:r}){let i=Fe(n);i.runId=e,this.turns=[...this.turns,i],this.sticks=!0,this.opened===null&&this.named(r);let o=this.watcher;try{await Ue(i,o)}catch(l){this.fail(i,l,o.signal)}this.requestUpdate()}get talking(){return F(this.lines,"voice.transcribe_audio")?a`<nis-talk
      .settings=${()=>({...this.opened===null?{}:{conversation_id:this.opened},...this.model})} ${se(this.talk)} @spoken=${n=>{this.spoken(n.detail)}}
    ></nis-talk>`:d}async nameAfter(e,n){try{let r=await $(`/runs/${encodeURIComponent(e.runId)}`,{signal:n.signal});r.conversation_id!==null&&!n.signal.aborted&&this.named(r.conversation_id)}catch{e.conversationId!==null&&this.named(e.conversationId)}}fail(e,n,r){r.aborted&&e.runId===null&&(e.state="cancelled"),!r.aborted&&(e.state="failed",e.problem=D(n))}async stop(){this.talk.value?.interrupt();let e=this.turns.find(n=>!Ve(n));if(e){if(e.runId===null){this.reading.abort(),this.reading=new AbortController;return}try{await pe(e.runId,"cancel")}catch(n){e.notes.push(n instanceof U?n.problem.detail:"The server could not be told to stop."),this.requestUpdate()}}}async retry(e){let n=F(this.lines,"conversations.regenerate_answer");if(!n||!this.opened||!e.runId)return this.turns=this.turns.filter(u=>u!==e),this.say(e.question,e.call,[],e.attached);let r=Fe(e.question,e.call,e.attached);r.answers=e.answers.length?e.answers:[e.runId];let i=r.answers;this.swap(e,r);let o=this.watcher,l=()=>{r.runId!==null&&!r.answers.includes(r.runId)&&(r.answers=[...i,r.runId]),o.changed()},c={run_id:e.runId,...this.model};try{await yt(je(n,this.opened),c,r,{...o,changed:l})}catch(u){this.fail(r,u,o.signal)}gs(),this.requestUpdate()}async turnTo(e,n){let r=Fe(e.question,e.call,e.attached);[r.runId,r.answers]=[n,e.answers];let i=this.watcher;try{await Ue(r,i),this.swap(e,r)}catch(o){i.signal.aborted||e.notes.push(E(o).detail),this.requestUpdate()}}async branch(e){let n=F(this.lines,"conversations.branch_conversation");try{let r=await $(je(n,this.opened),j("POST",{run_id:e.runId}));gs(),Me({page:"chat",id:r.id})}catch(r){e.notes.push(E(r).detail),this.requestUpdate()}}swap(e,n){this.turns=this.turns.map(r=>r===e?n:r)}acts(e,n,r){let i=e.state==="succeeded"&&this.opened!==null&&F(this.lines,"conversations.branch_conversation"),o=F(this.lines,"conversations.regenerate_answer")!==null||e.state!=="succeeded";return{...n&&!r&&o?{retry:()=>{this.retry(e)}}:{},...i&&!r?{branch:()=>{this.branch(e)}}:{},turnTo:l=>{this.turnTo(e,l)},rates:F(this.lines,"feedback.create_feedback")!==null}}updated(){this.sticks&&this.keepInView()}keepInView(){let e=this.querySelector(".turn:last-child");if(!e)return;let n=Number.parseFloat(getComputedStyle(e).scrollMarginTop)||0,r=Math.min(e.getBoundingClientRect().top+scrollY-n,document.documentElement.scrollHeight-innerHeight);r>scrollY&&scrollTo({top:r})}render(){let e=this.busy,n=!this.turns.length&&!this.loading&&!this.trouble;return a`<div class="column chat ${n?"blank":""}">
      ${n?d:a`<h1 class="hidden">Conversation</h1>`}
      ${this.trouble?A(this.trouble):n?fi(this.lines.length,this.models,(r,i)=>this.begin(r,i)):d}
      ${this.loading?a`<div class="skeleton" aria-label="Opening the conversation"><i></i><i></i><i></i></div>`:d}
      <div
        class="log"
        role="log"
        aria-label="Conversation"
        @call=${r=>{this.say(r.detail.message,r.detail)}}
      >
        ${this.turns.map((r,i)=>ui(r,i===this.turns.length-1,e,this.acts(r,i===this.turns.length-1,e)))}
      </div>
      <nis-composer
        ?busy=${e} ?below=${this.below} .models=${this.models} .beside=${this.talking} ${se(this.composer)}
        @say=${r=>{this.say(r.detail.message,null,r.detail.files)}} @stop=${()=>{this.stop()}}
      ></nis-composer>
    </div>`}begin(e,n){n.detail===0&&this.composer.value?.focus(),this.say(e)}};customElements.define("nis-chat",$n);var Ca=200,vn=class extends y{constructor(){super();this.asking=new AbortController;this.press=e=>{let n={ArrowDown:1,ArrowUp:-1}[e.key],r=[...this.querySelectorAll(".cards a")],i=r.indexOf(document.activeElement);!n||i<0||(e.preventDefault(),(r[i+n]??this.querySelector("#find"))?.focus())};this.query="",this.family="",this.lines=null,this.meant=[],this.trouble=null}static{this.properties={query:{attribute:!1},family:{attribute:!1},lines:{state:!0},meant:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.load()}async load(){try{this.lines=await K(),this.trouble=null}catch(e){this.trouble=E(e)}}willUpdate(e){if(!e.has("query"))return;this.asking.abort(),this.meant=[],clearTimeout(this.timer);let{signal:n}=this.asking=new AbortController,{query:r}=this;this.timer=setTimeout(()=>{br(r,n).then(i=>this.meant=i,()=>{})},Ca)}firstUpdated(){matchMedia("(hover: hover)").matches&&this.querySelector("#find")?.focus({preventScroll:!0})}type(e){this.query=e,ms({page:"explore",query:e,family:this.family})}render(){let e=this.lines??[],n=this.family?e.filter(o=>le(o.name)===this.family):e,r=es(n,this.query),i=this.meant.map(o=>F(n,o)).filter(o=>o!==null&&!r.includes(o));return a`<div class="column wide-column explore">
      <header class="head">
        <h1>Explore</h1>
        <p class="lede">${e.length||d} operations, each callable from here, over REST, MCP, A2A and the command line.</p>
      </header>
      <div class="finder">
        ${x("explore")}
        <label class="hidden" for="find">Find an operation</label>
        <input
          id="find" data-first type="search" placeholder="Find by name, or say what you want to do" autocomplete="off" spellcheck="false"
          .value=${this.query}
          @input=${o=>this.type(o.target.value)}
          @keydown=${o=>{o.key==="ArrowDown"&&this.querySelector(".cards a")?.focus(),o.key==="Enter"&&this.querySelector(".cards a")?.click(),(o.key==="ArrowDown"||o.key==="Enter")&&o.preventDefault()}}
        />
      </div>
      ${this.trouble?A(this.trouble,()=>{this.load()}):d}
      <nav class="families" aria-label="Families">${this.chips(e)}</nav>
      <p class="hidden" role="status">${this.query?`${r.length+i.length} found`:""}</p>
      <div @keydown=${this.press}>
        ${this.query?this.cards([...r,...i]):this.sections(r)}
      </div>
      ${this.lines&&this.query&&!r.length&&!i.length?a`<p class="empty">Nothing is called that. Say what you want to do in a few words, or <a href="#/">ask in the chat</a>.</p>`:d}
    </div>`}chips(e){return[["",e.length],...Os(e)].map(([r,i])=>a`<a
        class="chip" href=${T({page:"explore",query:this.query,family:r})} aria-current=${r===this.family?"true":d}
        >${r?W(r):"all"} <span>${i}</span></a
      >`)}sections(e){return Os(e).map(([n])=>a`<section>
        <h2>${W(n)}</h2>
        ${this.cards(e.filter(r=>le(r.name)===n))}
      </section>`)}cards(e){return a`<ul class="cards">
      ${e.map(n=>a`<li>
          <a href=${V(n.name)}>
            <span class="title"><code>${n.name}</code>${yn(n)}</span>
            <span class="summary">${n.summary}</span>
          </a>
        </li>`)}
    </ul>`}};function yn(s){let t={model:"",stream:"streams",run:"is a run"}[s.shape];return a`<span class="badges">
    <span class="badge ${s.effect}">${s.effect}</span>${t?a`<span class="badge">${t}</span>`:d}
  </span>`}customElements.define("nis-explore",vn);var I=class extends y{constructor(){super();this.pause=5e3;this.round=0;this.back=()=>{this.trouble&&Z().state==="ok"&&this.again()};[this.trouble,this.loading]=[null,!1]}static{this.properties={trouble:{state:!0},loading:{state:!0}}}connectedCallback(){super.connectedCallback(),z.addEventListener("change",this.back),this.timer=setInterval(()=>{!document.hidden&&!this.loading&&this.holds&&Z().state==="ok"&&this.again()},this.pause)}firstUpdated(){this.again()}disconnectedCallback(){super.disconnectedCallback(),z.removeEventListener("change",this.back),clearInterval(this.timer)}async again(){let e=++this.round;this.loading=!0;try{let n=await this.look();if(e!==this.round)return;n(),this.trouble=null}catch(n){e===this.round&&(this.trouble=D(n))}finally{e===this.round&&(this.loading=!1)}}async change(e,n,r,i=null){let o=i?{of:{id:i.id},given:i}:{};await At({name:e,title:n,button:r,...o})&&await this.again()}get holds(){return!this.trouble||this.trouble.retryable===!0}standing(e,n){return this.trouble?A(this.trouble,()=>{this.again()}):e?d:a`<div class="skeleton" aria-label="Reading ${n}"><i></i><i></i><i></i></div>`}},lt=class extends I{static{this.properties={...I.properties,lines:{state:!0},more:{state:!0}}}constructor(){super(),[this.lines,this.more]=[null,null]}async look(){let{lines:t,next_cursor:e}=await this.page(null);return()=>{let n=new Set(t.map(l=>l.id)),r=this.lines??[],i=r.filter(l=>!n.has(l.id)),o=r.length>t.length&&i.length<r.length;this.lines=o?[...t,...i]:t,o||(this.more=e)}}async next(){try{let{lines:t,next_cursor:e}=await this.page(this.more);[this.lines,this.more]=[[...this.lines??[],...t],e]}catch(t){this.trouble=D(t)}}};var wn=null;async function ie(s){wn??=$("/identity/get-caller").then(({scopes:i})=>i,i=>{throw wn=null,i});let t=await wn,[e,n]=s.split(":"),r=n==="admin"?[]:["*",`${e}:*`,...n==="read"?[`${e}:write`]:[]];return[s,...r].some(i=>t.includes(i))}var he="server:admin";var bi=.8,xn=class extends I{static{this.properties={...I.properties,budgets:{state:!0},more:{state:!0},admin:{state:!0},writes:{state:!0}}}constructor(){super(),[this.budgets,this.more,this.admin,this.writes]=[null,!1,!1,!1]}async look(){let[t,e,n]=await Promise.all([ie(he),ie("budgets:write"),$("/budgets?limit=100")]);return()=>{[this.budgets,this.more]=[n.budgets,n.next_cursor!==null],[this.admin,this.writes]=[t,e]}}render(){let{budgets:t}=this;return a`<div class="column wide-column">
      <header class="head">
        <h1>Budgets ${this.writes?a`<button class="primary small" @click=${()=>{this.change("budgets.create_budget","A new budget","Create")}}>New budget</button>`:d}</h1>
        <p class="lede">
          What may be spent on models. What a call can cost at most is reserved before it is sent: one that could cross a limit is
          refused, or takes a cheaper route.
        </p>
        ${t&&!this.admin?a`<p class="note">These are yours. Budgets of keys, users and the server are for who has the scope <code>server:admin</code>.</p>`:d}
      </header>
      ${this.standing(t!==null,"the budgets")}
      ${t&&this.holds?t.length?a`<ul class="budgets">${t.map(e=>this.row(e))}</ul>`:a`<p class="empty">There is no budget: nothing limits what is spent. What is spent is under <a href="#/usage">Usage</a>.</p>`:d}
      ${this.more?a`<p class="note">These are the newest hundred; <a href=${V("budgets.list_budgets")}>find others by what they are about</a>.</p>`:d}
    </div>`}row(t){let e=t.scope==="server"?"The whole server":t.subject==="*"?`Every ${t.scope}`:`${t.scope} ${t.subject}`,n=t.name||e,{used:r,limit:i}=t,o=r===null?null:i>0?r/i:1;return a`<li class="panel">
      <div class="bar">
        <h2>${n}</h2>
        ${t.enabled?d:a`<span class="badge">does not hold</span>`}
        ${this.writes?a`<button class="small" aria-label="Edit ${n}" @click=${()=>{this.change("budgets.update_budget",`Change ${n}`,"Save",t)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${n}" @click=${()=>{this.change("budgets.delete_budget",`Delete ${n}?`,"Delete",t)}}>Delete</button>`:d}
      </div>
      ${o===null?a`<p class="spend">up to <strong>${M(i)}</strong> for each ${t.scope}</p>`:a`<p class="spend"><strong>${M(r)}</strong> of ${M(i)} <span class="note">${Pt(o)}</span>${La(t,o)}</p>
            <meter min="0" max="1" low=${bi} high="0.9999" optimum="0" value=${Math.min(1,o)} aria-label="Used of ${n}">${Pt(o)}</meter>`}
      <p class="facts">
        ${t.name||!["*",""].includes(t.subject)?a`<span>${Oa(t)}</span>`:d}
        <span>${t.period==="total"?"in all":`a ${t.period}`}${t.resets_at?a`, anew on ${new Date(t.resets_at).toLocaleString(void 0,{dateStyle:"medium",timeStyle:"short"})}`:d}</span>
        <span>${t.model?a`models <code>${t.model}</code>`:"all models"}</span>
        <span>${t.action==="refuse"?"then calls are refused":"then a cheaper route is taken"}</span>
      </p>
    </li>`}};function La(s,t){return t<bi||!s.enabled?d:a` <strong class=${t<1?"warned":"bad"}>${t<1?"nearly used up":s.action==="refuse"?"used up: calls are refused":"used up"}</strong>`}function Oa({scope:s,subject:t}){if(s==="server")return"the whole server";if(t==="*")return`every ${s}`;let e=s==="run"?T({page:"run",id:t}):s==="conversation"?T({page:"chat",id:t}):"";return a`${s} ${e?a`<a class="id" href=${e}>${t}</a>`:a`<code>${t}</code>`}`}customElements.define("nis-budgets",xn);var Ia=["","running","queued","waiting","paused","succeeded","failed","cancelled"],kn=25,qa=2e3,Tn=class extends y{constructor(){super();this.again=()=>{this.trouble&&Z().state==="ok"&&this.load()};this.state="",this.lines=[],this.more=null,this.loading=!0,this.trouble=null}static{this.properties={state:{attribute:!1},lines:{state:!0},more:{state:!0},loading:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.timer=setInterval(()=>{this.lines.slice(0,kn).some(n=>!be.includes(n.state))&&!document.hidden&&!this.loading&&this.load(!0)},qa),z.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer),z.removeEventListener("change",this.again)}willUpdate(e){e.has("state")&&(this.lines=[],this.load())}async load(e=!1){let{state:n}=this;this.loading=!e;try{let r=await this.page(null);if(n!==this.state)return;let i=new Set(r.runs.map(l=>l.id)),o=e&&this.lines.length>kn?this.lines.filter(l=>!i.has(l.id)):[];this.lines=[...r.runs,...o],o.length||(this.more=r.next_cursor),this.trouble=null}catch(r){this.trouble=D(r)}finally{this.loading=!1}}async next(){try{let e=await this.page(this.more);this.lines=[...this.lines,...e.runs],this.more=e.next_cursor}catch(e){this.trouble=D(e)}}page(e){let n={limit:String(kn),...this.state?{state:this.state}:{},...e?{cursor:e}:{}};return $(`/runs?${new URLSearchParams(n)}`)}render(){return a`<div class="column wide-column">
      <header class="head">
        <h1>Runs</h1>
        <p class="lede">Every turn and every long task is a run: a log of numbered events, kept, watched live, stopped from anywhere.</p>
      </header>
      <nav class="families" aria-label="State">
        ${Ia.map(e=>a`<a class="chip" href=${T({page:"runs",state:e})} aria-current=${e===this.state?"true":d}
            >${e||"all"}</a
          >`)}
      </nav>
      ${this.trouble?A(this.trouble,()=>{this.load()}):d}
      ${this.lines.length?this.list():d}
      ${this.loading?a`<div class="skeleton" aria-label="Reading the runs"><i></i><i></i><i></i></div>`:d}
      ${!this.lines.length&&!this.loading&&!this.trouble?a`<p class="empty">${this.state?`No run is ${this.state}.`:a`Nothing has run yet. <a href="#/">Ask something</a>, or <a href="#/explore">call an operation</a> that is a run.`}</p>`:d}
      ${this.more?a`<button @click=${()=>{this.next()}}>Earlier runs</button>`:d}
    </div>`}list(){return a`<div class="wide" role="region" aria-label="Runs" tabindex="0">
      <table class="runs">
        <thead>
          <tr><th scope="col">State</th><th scope="col">Operation</th><th scope="col">Started</th><th scope="col" class="n">Took</th><th scope="col" class="n">Events</th><th scope="col">Run</th></tr>
        </thead>
        <tbody>
          ${this.lines.map(e=>a`<tr>
              <td>${Lt(e.state)}</td>
              <td><a href=${T({page:"run",id:e.id})}><code>${e.operation}</code></a></td>
              <td><time datetime=${new Date(e.created*1e3).toISOString()} title=${new Date(e.created*1e3).toLocaleString()}>${Be(e.created)}</time></td>
              <td class="n">${be.includes(e.state)?G(e.updated-e.created):"…"}</td>
              <td class="n">${e.last_seq}</td>
              <td class="id">${e.id}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>`}},Lt=s=>a`<span class="state-mark ${s}"><i></i>${s}</span>`;function Be(s){let t=Date.now()/1e3-s;if(t<45)return"just now";let e=[[60,"minute"],[3600,"hour"],[86400,"day"]],[n,r]=e.findLast(([i])=>t>=i*.75)??e[0];return new Intl.RelativeTimeFormat("en",{numeric:"auto"}).format(-Math.round(t/n),r)}customElements.define("nis-runs",Tn);var ja=["id","owner","created","updated"],$i=120,_n=class extends lt{async page(t){let e={limit:"50",...t?{cursor:t}:{}},{changes:n,next_cursor:r}=await $(`/routes/list-changes?${new URLSearchParams(e)}`);return{lines:n,next_cursor:r}}render(){let{lines:t}=this;return a`<header class="head">
        <h1>Changes</h1>
        <p class="lede">Who has changed which provider, route, price or budget; written down with the change itself.</p>
      </header>
      ${this.standing(t!==null,"the changes")}
      ${t&&this.holds?t.length?a`<ol class="budgets">${t.map(Da)}</ol>`:a`<p class="empty">Nothing has been changed since this server was set up.</p>`:d}
      ${this.more?a`<button @click=${()=>{this.next()}}>Earlier changes</button>`:d}`}};function Da(s){let t=new Date(s.created*1e3),e=(s.after??s.before)?.name;return a`<li class="panel change">
    <p>
      <strong>${s.by_owner}</strong>${s.by_key?a` <span class="note">with ${s.by_key}</span>`:d}
      ${s.action}d the ${s.subject} ${typeof e=="string"&&e?a`${e} `:d}<code>${s.subject_id}</code>
      <time class="note" datetime=${t.toISOString()} title=${t.toLocaleString()}>${Be(s.created)}</time>
    </p>
    ${s.before&&s.after?vi(s.before,s.after):a`<details><summary>What it ${s.after?"is":"was"}</summary>${vi(s.before??{},s.after??{})}</details>`}
  </li>`}function vi(s,t){let[e,n]=[Rn(s),Rn(t)],r=Object.keys({...e,...n}).filter(o=>!ja.includes(o)&&!De(e[o],n[o])),i=o=>a`<div>
    <dt>${o==="cap"?"limit":o}</dt>
    <dd>${o in e?a`<del>${yi(e[o],o)}</del>`:d} ${o in n?a`<ins>${yi(n[o],o)}</ins>`:d}</dd>
  </div>`;return a`<dl class="rows">${r.map(i)}</dl>`}function Rn(s,t=""){let e=s;if(typeof s=="string"&&/^[[{]/.test(s))try{e=JSON.parse(s)}catch{}return typeof e!="object"||e===null?{[t]:s}:Object.assign({},...Object.entries(e).map(([n,r])=>Rn(r,t?`${t}.${n}`:n)))}function yi(s,t){if(/^(cap$|rates\.)/.test(t)&&typeof s=="number")return M(s/Ee);let e=typeof s=="string"?s||"nothing":JSON.stringify(s)??"nothing";return e.length>$i?`${e.slice(0,$i)}…`:e}customElements.define("nis-changes",_n);var En=a`<p class="note">To change them takes a key with the scope <code>server:admin</code>, which this one has not.</p>`,Sn=class extends I{static{this.properties={...I.properties,routes:{state:!0},more:{state:!0},writes:{state:!0}}}constructor(){super(),[this.routes,this.more,this.writes]=[null,!1,!1]}async look(){let[t,e]=await Promise.all([ie(he),$("/routes?limit=100")]);return()=>{[this.routes,this.more,this.writes]=[e.routes,e.next_cursor!==null,t]}}render(){let{routes:t}=this;return a`<header class="head">
        <h1>Routes ${this.writes?a`<button class="primary small" @click=${()=>{this.change("routes.create_route","A new route","Create")}}>New route</button>`:d}</h1>
        <p class="lede">
          A name that callers give as <code>model</code>. Of a tier, models share the calls by their weights; when none of them answers,
          the next tier is asked.
        </p>
        ${t&&!this.writes?En:d}
      </header>
      ${this.standing(t!==null,"the routes")}
      ${t&&this.holds?t.length?a`<ul class="budgets">${t.map(e=>this.row(e))}</ul>`:a`<p class="empty">There is no route: a caller names a model itself, and is told when that one fails.</p>`:d}
      ${this.more?a`<p class="note">These are the first hundred by name.</p>`:d}`}row(t){let{policy:e}=t,n=[...new Set(t.targets.map(r=>r.tier))].sort((r,i)=>r-i);return a`<li class="panel">
      <div class="bar">
        <h2><code>${t.id}</code></h2>
        ${t.enabled?d:a`<span class="badge">disabled</span>`}
        <button class="small" aria-label="Explain ${t.id}" @click=${()=>{this.change("routes.explain_route",`Where a call to ${t.id} goes now`,"Explain",t)}}>Explain</button>
        ${this.writes?a`<button class="small" aria-label="Edit ${t.id}" @click=${()=>{this.change("routes.update_route",`Change ${t.id}`,"Save",t)}}>Edit</button>
              <button class="small plain" aria-label="Delete ${t.id}" @click=${()=>{this.change("routes.delete_route",`Delete ${t.id}?`,"Delete",t)}}>Delete</button>`:d}
      </div>
      <ol class="tiers">
        ${n.map((r,i)=>a`<li>${i?a`<span class="note">then </span>`:d}${Na(t.targets.filter(o=>o.tier===r))}</li>`)}
      </ol>
      <p class="facts">
        <span>${e.retries===1?"1 retry":`${e.retries} retries`}</span>
        <span>first word within ${e.first_byte} s, whole within ${e.total} s</span>
        ${e.hedge_after===null?d:a`<span>hedged after ${e.hedge_after} s</span>`}
        ${e.cache==="none"?d:a`<span>${e.cache} cache for ${e.cache_seconds} s</span>`}
        ${e.ladder.length?a`<span>cheaper: ${e.ladder.join(", ")}</span>`:d}
      </p>
    </li>`}};function Na(s){let t=s.reduce((e,n)=>e+n.weight,0);return s.map(e=>a`<span class="target"><code>${e.model}</code> ${s.length>1?a`<span class="note">${e.weight?Pt(e.weight/t):"after the others"}</span>`:d}</span>`)}customElements.define("nis-routes",Sn);var An=class extends I{static{this.properties={...I.properties,providers:{state:!0},writes:{state:!0}}}constructor(){super(),[this.providers,this.writes]=[null,!1]}async look(){let[t,{providers:e}]=await Promise.all([ie(he),$("/providers")]);return()=>{[this.providers,this.writes]=[e,t]}}render(){let{providers:t}=this;return a`<header class="head">
        <h1>Providers ${this.writes?a`<button class="primary small" @click=${()=>{this.change("providers.create_provider","A new provider","Create")}}>New provider</button>`:d}</h1>
        <p class="lede">Who is asked for models. Keys stay in the server's settings and are only named here. A state is what this process sees.</p>
        ${t&&!this.writes?En:d}
      </header>
      ${this.standing(t!==null,"the providers")}
      ${t&&this.holds?a`<div class="wide" role="region" aria-label="Providers" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  ${["provider","state","speaks","address","key"].map(e=>a`<th scope="col">${e}</th>`)}
                  <th scope="col" class="n">at a time</th><th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${t.map(e=>this.row(e))}</tbody>
            </table>
          </div>`:d}`}row(t){let e=t.state==="ready";return a`<tr>
      <th scope="row"><code>${t.id}</code>${t.source==="settings"?d:a`<span class="note">${t.source}</span>`}</th>
      <td class=${e?"":"said"}><span class="state-mark ${e?"ok":t.enabled?"failed":""}"><i></i>${t.state}</span></td>
      <td>${t.kind}</td>
      <td class="id">${t.url||"this machine"}</td>
      <td>${t.key_name?a`<code>${t.key_name}</code>`:t.url&&t.source==="settings"?"the settings'":"–"}</td>
      <td class="n">${t.concurrency}</td>
      <td class="does">
        <button class="small" aria-label="Test ${t.id}" @click=${()=>{this.change("providers.test_provider",`Test ${t.id}`,"Test again",t)}}>Test</button>
        ${this.writes?a`<button class="small plain" aria-label="Edit ${t.id}" @click=${()=>{this.change("providers.update_provider",`Change ${t.id}`,"Save",t)}}>Edit</button>
              ${t.source==="run time"?a`<button class="small plain" aria-label="Delete ${t.id}" @click=${()=>{this.change("providers.delete_provider",`Delete ${t.id}?`,"Delete",t)}}>Delete</button>`:d}`:d}
      </td>
    </tr>`}};customElements.define("nis-providers",An);var Ua=12,Ha=20,wi=new Set(["route","agent"]),Fa=[["","models"],["routes","routes"],["providers","providers"],["changes","changes"]];function xi(s){let t={"":a`<nis-models></nis-models>`,routes:a`<nis-routes></nis-routes>`,providers:a`<nis-providers></nis-providers>`,changes:a`<nis-changes></nis-changes>`};return a`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${Fa.map(([e,n])=>a`<a class="chip" href=${T({page:"models",part:e})} aria-current=${e===s?"true":d}>${n}</a>`)}
    </nav>
    ${t[s]}
  </div>`}var Mn=class extends I{constructor(){super();this.free=new Set;this.pause=6e4;[this.listed,this.prices,this.sought,this.sets]=[null,new Map,"",!1]}static{this.properties={...I.properties,listed:{state:!0},prices:{state:!0},sought:{state:!0},sets:{state:!0}}}async look(){let[e,n,r,{providers:i}]=await Promise.all([ie(he),$("/models?limit=1000"),this.known(),$("/providers")]);return()=>{[this.listed,this.prices,this.sets]=[n,r,e],this.free=new Set(i.filter(o=>!o.billed).map(o=>o.id))}}async known(){let e=new Map,n=null;for(let r=0;r<Ha;r++){let i=new URLSearchParams({limit:"100",...n?{cursor:n}:{}}),{prices:o,next_cursor:l}=await $(`/models/list-prices?${i}`);for(let c of o)e.set(c.model,c);if(n=l,n===null)break}return e}render(){let{listed:e}=this;return a`<header class="head">
        <h1>Models</h1>
        <p class="lede">What <code>model</code> takes, in the chat and over every protocol. Prices are in dollars for a million tokens.</p>
      </header>
      ${this.standing(e!==null,"the models")}
      ${e&&this.holds?this.shown(e):d}`}shown({models:e,unavailable:n}){let r=e.filter(i=>i.id.toLowerCase().includes(this.sought.toLowerCase()));return a`${n.map(i=>a`<div class="failure"><p><strong>${i.provider} lists no model.</strong> ${i.reason} <span class="remedy">${i.remedy}</span></p></div>`)}
      ${e.length>Ua?a`<label class="hidden" for="sought">Find a model</label>
            <input id="sought" class="sought" type="search" placeholder="Find a model" @input=${i=>this.sought=i.target.value} />`:d}
      ${r.length?a`<div class="wide" role="region" aria-label="Models" tabindex="0">
            <table class="runs">
              <thead>
                <tr>
                  <th scope="col">model</th><th scope="col">can</th>
                  ${["context","$ in","$ cached","$ out"].map(i=>a`<th scope="col" class="n">${i}</th>`)}
                  <th scope="col"><span class="hidden">actions</span></th>
                </tr>
              </thead>
              <tbody>${r.map(i=>this.row(i))}</tbody>
            </table>
          </div>`:a`<p class="empty">${e.length?"No model is called that.":a`There is no model. <a href="#/models/providers">Set up a provider.</a>`}</p>`}`}row(e){let n=this.prices.get(e.id),r=h=>a`<td class="n" title=${n?`${n.source}${h?.[1]?`; ${h.slice(1).map(({over:p,dollars:m})=>`${M(m)} above ${C(p)} tokens`).join(", ")}`:""}`:d}>
        ${h?.[0]?M(h[0].dollars):"–"}${h?.[1]?"+":""}
      </td>`,i=n?.context??e.context_tokens,[o,l,c]=[n?.input[0]?.dollars,n?.cached[0]?.dollars,n?.output[0]?.dollars],u={input:o,output:c,cached:l===o?void 0:l,context:n?.context};return a`<tr>
      <th scope="row"><code>${e.id}</code> ${e.demonstration?a`<span class="badge">demonstration</span>`:d}</th>
      <td>${e.tools?"use tools":""}</td>
      <td class="n">${i==null?"–":C(i)}</td>
      ${n?a`${r(n.input)}${r(n.cached)}${r(n.output)}`:a`<td class="n note" colspan="3">${this.free.has(e.provider)?"not billed":wi.has(e.provider)?"by its models":"no price known"}</td>`}
      <td class="does">
        <button class="small" aria-label="Test ${e.id}" @click=${()=>{At({name:"models.test_model",title:`Test ${e.id}`,button:"Test again",of:{id:e.id}})}}>Test</button>
        ${this.sets&&!wi.has(e.provider)?a`<button
              class="small plain" aria-label="Set the price of ${e.id}"
              @click=${async()=>{let h=`${e.provider}:${e.name}`;await At({name:"models.set_price",title:`What ${e.id} costs`,button:"Set",of:{model:h},given:u})&&await this.again()}}
            >Price</button>`:d}
      </td>
    </tr>`}};customElements.define("nis-models",Mn);var bs=100;function ki(s,t){let e=Math.max(...t.map(i=>i.value)),n=t.find(i=>i.value===e),r=i=>e>0?i/e*bs:0;return a`<figure class="bars">
    <figcaption>${s} <span class="note">${e>0?`at most ${n.said}`:d}</span></figcaption>
    <svg
      role="img" viewBox="0 0 ${t.length} ${bs}" preserveAspectRatio="none"
      aria-label="${s}, ${t[0]?.label} to ${t.at(-1)?.label}${e>0?`; the most on ${n.label}: ${n.said}`:""}"
    >
      ${t.map(({label:i,value:o,said:l},c)=>w`<g>
          <title>${i}: ${l}</title>
          <rect class="back" x=${c} width="1" height=${bs}></rect>
          <rect x=${c+.12} width="0.76" y=${bs-r(o)} height=${r(o)}></rect>
        </g>`)}
    </svg>
    <p class="ends" aria-hidden="true"><span>${t[0]?.label}</span><span>${t.at(-1)?.label}</span></p>
  </figure>`}var Pn=class extends lt{async page(t){let{calls:e,next_cursor:n}=await $(`/calls?${new URLSearchParams({limit:"20",...t?{cursor:t}:{}})}`);return{lines:e,next_cursor:n}}render(){let{lines:t}=this;return a`<section class="panel" id="calls">
      <div class="bar"><h2>Your last calls</h2></div>
      ${this.standing(t!==null,"the calls")}
      ${t&&this.holds?t.length?this.table(t):a`<p class="empty">None yet.</p>`:d}
      ${this.more?a`<button class="small" @click=${()=>{this.next()}}>Earlier calls</button>`:d}
    </section>`}table(t){return a`<div class="wide" role="region" aria-label="Your last calls" tabindex="0">
      <table class="runs calls">
        <thead><tr>${[["ended",""],["sent",""],["model",""],["for",""],["tokens","n"],["cost","n"],["first word","n"],["whole","n"]].map(([n,r])=>a`<th scope="col" class=${r}>${n}</th>`)}</tr></thead>
        <tbody>${t.map(n=>this.row(n))}</tbody>
      </table>
    </div>`}row(t){let e=new Date(t.created*1e3);return a`<tr>
      <td>${Lt(t.state)}${t.problem?a`<span class="note">${t.problem}</span>`:d}</td>
      <td><time datetime=${e.toISOString()} title=${e.toLocaleString()}>${Be(t.created)}</time></td>
      <td>
        <code>${t.provider}:${t.model}</code>
        ${t.route||t.attempt>1?a`<span class="note">${t.route?`on ${t.route}`:""}${t.attempt>1?` try ${t.attempt}`:""}</span>`:d}
      </td>
      <td>${t.run_id?a`<a href=${T({page:"run",id:t.run_id})}>${t.operation}</a>`:t.operation}</td>
      <td class="n" title="in and out">${C(t.input)} → ${C(t.output)}</td>
      <td class="n">${t.priced?M(t.cost):a`<span class="note">no price</span>`}</td>
      <td class="n">${Ae(t.first_ms)}</td>
      <td class="n">${Ae(t.total_ms)}</td>
    </tr>`}};customElements.define("nis-calls",Pn);var Va=["day","model","provider","route","operation","key"],Ba=[[1,"today"],[7,"7 days"],[30,"30 days"],[90,"90 days"]],Wa=864e5,Ga={key:"no key",route:"no route"},za=400,Cn=s=>new Date(s).toISOString().slice(0,10),$s=(s,t)=>Cn(Date.parse(s)+t*Wa),Ln=class extends I{constructor(){super();this.down=e=>{e.preventDefault(),this.querySelector("#calls")?.scrollIntoView()};[this.daily,this.groups,this.admin,this.unsaved]=[null,null,!1,null]}static{this.properties={...I.properties,chosen:{attribute:!1},daily:{state:!0},groups:{state:!0},admin:{state:!0},unsaved:{state:!0}}}willUpdate(e){!this.hasUpdated||!e.has("chosen")||JSON.stringify(e.get("chosen"))===JSON.stringify(this.chosen)||(this.unsaved=null,this.again())}get asked(){let{since:e,until:n,days:r,everyone:i}=this.chosen,o=Cn(Date.now());return{...e||n?{since:e||null,until:n?$s(n,1):null}:{since:$s(o,1-r),until:$s(o,1)},...i?{owner:"*"}:{}}}async look(){let{asked:e}=this,{by:n}=this.chosen,r=c=>$("/usage/get-usage",j("POST",{...e,by:[c]})),[i,o,l]=await Promise.all([ie(he),r("day"),n==="day"?null:r(n)]);return()=>{this.admin=i,[this.daily,this.groups]=[o,l??o]}}render(){let{daily:e,groups:n}=this;return a`<div class="column wide-column">
      <header class="head">
        <h1>Usage</h1>
        <p class="lede">Every call of a model, what it took and what it cost. The sums are exact: they are those of the <a href="#calls" @click=${this.down}>calls below</a>. Days are UTC.</p>
      </header>
      ${this.choice()}
      ${this.standing(e!==null,"the usage")}
      ${e&&n&&this.holds?e.total.calls?this.sums(e,n):Ka:d}
      ${this.unsaved?A(this.unsaved):d}
      <nis-calls></nis-calls>
    </div>`}choice(){let{chosen:e}=this,n=(o,l,c)=>a`<a class="chip" href=${T({...e,...l})} aria-current=${c?"true":d}>${o}</a>`,r=e.since||e.until,i=(o,l)=>a`<label>
      ${l}<input
        type="date" .value=${e[o]} max=${Cn(Date.now())}
        @change=${c=>Me({...e,[o]:c.target.value})}
      />
    </label>`;return a`<div class="choice">
      <nav class="families" aria-label="Days">
        ${Ba.map(([o,l])=>n(l,{days:o,since:"",until:""},!r&&e.days===o))}
      </nav>
      <div class="dates">${i("since","from")} ${i("until","to")}</div>
      ${this.admin?a`<nav class="families" aria-label="Whose">
            ${n("mine",{everyone:!1},!e.everyone)} ${n("everyone's",{everyone:!0},e.everyone)}
          </nav>`:d}
    </div>`}sums(e,n){let{total:r}=e,i=[["Cost",M(r.cost),r.saved?`${M(r.saved)} saved by the cache`:""],["Calls",C(r.calls),r.failed?`${C(r.failed)} failed`:"none failed"],["Cached",C(r.hits),"answered without a model"],["Tokens",C(r.input+r.output),`${C(r.input)} in, ${C(r.output)} out`],["First word",Ae(r.first_ms),`on average; whole ${Ae(r.total_ms)}`]];return a`<dl class="figures">
        ${i.map(([o,l,c])=>a`<div><dt>${o}</dt><dd>${l} <span class="note">${c}</span></dd></div>`)}
      </dl>
      ${r.unpriced?a`<p class="note">${C(r.unpriced)} of the calls were of models of which no price is known: what they cost is missing here. <a href="#/models">Set their prices.</a></p>`:d}
      <div class="pair">${this.chart(e,"Cost by day","cost",M)} ${this.chart(e,"Calls by day","calls",C)}</div>
      <section class="panel">
        <div class="bar">
          <h2>By ${this.chosen.by}</h2>
          <button class="small" @click=${()=>{this.save("usage")}}>Sums as CSV</button>
          ${this.chosen.everyone?d:a`<button class="small" @click=${()=>{this.save("calls")}}>Calls as CSV</button>`}
        </div>
        <nav class="families" aria-label="Sums by">
          ${Va.map(o=>a`<a class="chip" href=${T({...this.chosen,by:o})} aria-current=${o===this.chosen.by?"true":d}>${o}</a>`)}
        </nav>
        ${this.table(n)}
      </section>`}chart(e,n,r,i){let o=new Map(e.rows.map(c=>[c.day,c[r]])),l=[];for(let c=e.since;c<e.until;c=$s(c,1)){let u=o.get(c)??0;l.push({label:c,value:u,said:i(u)})}return l.length>1&&l.length<=za?ki(n,l):d}table({rows:e,by:[n=""]}){let r=n==="day"?[...e].reverse():e.toSorted((i,o)=>o.cost-i.cost||o.calls-i.calls);return a`<div class="wide" role="region" aria-label="Usage by ${n}" tabindex="0">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">${n}</th>
            ${["calls","failed","cached","tokens in","tokens out","cost","first word, mean","whole, mean"].map(i=>a`<th scope="col" class="n">${i}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${r.map(i=>a`<tr>
              <th scope="row">${i[n]||Ga[n]||"none"}</th>
              ${[C(i.calls),C(i.failed),C(i.hits),C(i.input),C(i.output),M(i.cost),Ae(i.first_ms),Ae(i.total_ms)].map(o=>a`<td class="n">${o}</td>`)}
            </tr>`)}
        </tbody>
      </table>
    </div>`}async save(e){this.unsaved=null;let n=this.chosen.by==="day"?["day"]:["day",this.chosen.by];try{let r=await H("/usage/get-export",j("POST",{...this.asked,what:e,by:n},{Accept:"text/csv"})),i=document.createElement("a");i.href=URL.createObjectURL(await r.blob()),i.download=r.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1]??`${e}.csv`,i.click(),setTimeout(()=>URL.revokeObjectURL(i.href),6e4)}catch(r){this.unsaved=E(r)}}},Ka=a`<p class="empty">No calls in these days. <a href="#/">Ask something in the chat</a>, or send a request to <code>/v1/chat/completions</code>: it is here a moment later.</p>`;customElements.define("nis-usage",Ln);function Ti(s){let[,...t]=s.description.split(/\n\s*\n/),e=[["REST",s.routes.map(n=>a`<code>${n}</code> `)],["MCP tool",a`<code>${gt(s.id)}</code>`],["Command line",a`<code>nis call ${s.id}</code>`],["Scopes",s.scopes.length?s.scopes.map(n=>a`<code>${n}</code> `):"none"],["Time limit",s.shape==="run"?"the run's own":`${s.time_limit} s`],["Runs in",s.pool?`the worker pool ${s.pool}`:"the server"]];return a`${t.length?a`<section class="about prose">${Y(Ja(t.join(`

`)))}</section>`:d}
    <details class="panel">
      <summary>Where it is called</summary>
      <dl class="rows">${e.map(([n,r])=>a`<div><dt>${n}</dt><dd>${r}</dd></div>`)}</dl>
    </details>
    <details class="panel">
      <summary>What it answers</summary>
      ${Ya(s.result_schema)}
    </details>`}function Ja(s){return s.replace(/^(Raises|Source|Note):\s*$/gm,`**$1**
`).replace(/^ {4,}(\w+): /gm,"- `$1`: ")}function Ya(s){let t=Object.entries(s.properties??{});return t.length?a`<div class="wide" tabindex="0" role="region" aria-label="Fields of the result"><table>
    <tbody>
      ${t.map(([e,n])=>a`<tr>
          <th scope="row"><code>${e}</code></th>
          <td class="kind">${On(n)}</td>
          <td>${n.unit?a`<span class="unit">${n.unit}</span> `:d}${n.description?O(n.description):d}</td>
        </tr>`)}
    </tbody>
  </table></div>`:ne(L(s))}function On(s){let{$ref:t,anyOf:e,items:n,type:r,enum:i}=s;return t?t.replace("#/$defs/",""):i?i.map(o=>JSON.stringify(o)).join(", "):e?e.map(On).join(" or "):r==="array"?`list of ${n?On(n):"anything"}`:r??"anything"}function _i(s,t,e,n){let r=Nr.filter(l=>l.fits?.(s)??!0),i=r.find(l=>l.id===e)??r[0],o=i.text({line:s,given:t,origin:location.origin,keyed:ae.get()!==null});return a`<section class="panel code" aria-labelledby="elsewhere">
    <div class="bar">
      <h2 id="elsewhere" class="hidden">The same call</h2>
      <div class="switch" role="group" aria-label="The same call in">
        ${r.map(l=>a`<button type="button" aria-pressed=${l===i} @click=${()=>n(l.id)}>${l.name}</button>`)}
      </div>
      <nis-copy .text=${o} label="Copy the ${i.name} call"></nis-copy>
    </div>
    <pre class="code-block" tabindex="0" data-snippet=${i.id}><code>${o}</code></pre>
    ${i.note?a`<p class="note">${i.note}</p>`:d}
    <p class="note"><a href=${V(s.name,t)}>A link to this call</a></p>
  </section>`}var Ri=400;function Ot(s){let t=Qa(s),e=t.slice(-Ri),n=s[0]?.time??0;return a`${t.length>e.length?a`<p class="note">The last ${Ri} of ${t.length} entries.</p>`:d}
    <ol class="timeline">
      ${e.map(r=>a`<li class="${r.first.body.type} ${r.gone?"gone":""}">
          <span class="at" title=${new Date(r.first.time*1e3).toLocaleString()}>${G(r.first.time-n,2)}</span>
          <span class="seq">${r.first.seq===r.last.seq?r.first.seq:`${r.first.seq}–${r.last.seq}`}</span>
          <div class="what">${_e([r.first,r.last,r.gone],()=>Xa(r))}</div>
        </li>`)}
    </ol>`}function Qa(s){let t=[];for(let e of s){let{body:n}=e;if(n.type==="noted")continue;if(n.type==="step_retried")for(let l of t)l.gone||=In(l.first.body)&&l.first.body.step===n.step;let r=t.at(-1),i=In(n)?n.text:"";r&&In(n)&&r.first.body.type===n.type&&r.first.body.step===n.step?[r.last,r.text]=[e,r.text+i]:r?.first.body.type==="progress"&&n.type==="progress"?(r.last=e,r.measured.push(...Mt(e))):t.push({first:e,last:e,text:i,gone:!1,measured:Mt(e)})}return t}var In=s=>s.type==="text_delta"||s.type==="reasoning_delta";function Xa({first:s,last:t,text:e,gone:n,measured:r}){let i=t.body;switch(i.type){case"started":return a`<strong>Started</strong> <a href=${V(i.operation)}><code>${i.operation}</code></a>${i.attempt>1?a` <span class="note">attempt ${i.attempt}</span>`:d}`;case"text_delta":return a`${n?a`<span class="note">Taken back:</span>`:d}<div class="prose said">${Y(e)}</div>`;case"reasoning_delta":return a`<details><summary>${n?"Taken back: it thought":"Thought"}</summary><div class="prose">${Y(e)}</div></details>`;case"model_called":return a`<strong>Model asked</strong> ${i.provider} · ${i.model}`;case"model_answered":return a`<strong>Model answered</strong> <span class="note">${[i.answered_by,i.finish_reason,i.input_tokens?`${i.input_tokens} tokens in`:"",i.output_tokens?`${i.output_tokens} out`:"",i.cost?M(i.cost/Ee):""].filter(Boolean).join(" · ")}</span>`;case"tool_called":return a`<strong>Called</strong> <a href=${V(i.operation,i.arguments)}><code>${i.operation}</code></a>
        ${We("Arguments",i.arguments)}`;case"tool_answered":return a`<strong>${i.problem?"Refused":"Answered"}</strong> <code>${i.operation}</code>
        ${i.problem?A(i.problem):We("Result",i.result)}`;case"progress":return a`<strong>Progress</strong> <progress max="1" .value=${i.fraction} aria-label="Progress"></progress>
        <span class="note">${Math.round(100*i.fraction)} % ${i.message}</span>${ps(r)}`;case"surface":return a`<strong>Shown</strong> ${i.views.map(ue)}`;case"input_required":return a`<strong>Asks</strong> for ${i.missing.join(", ")||"a choice"} ${i.operation?a`of <code>${i.operation}</code>`:d}
        <span class="note">${i.question}</span>`;case"approval_required":return a`<strong>Asks</strong> to be allowed <code>${i.operation}</code> <span class="note">${i.reason}</span>
        ${We("Arguments",i.arguments)}`;case"noted":return a`<strong>Noted</strong> <code>${i.name}</code> ${We("Value",i.value)}`;case"artifact":return a`<strong>Made</strong> ${i.name} <span class="note">${i.media_type} · ${i.size} bytes</span>`;case"step_retried":return a`<strong>Begun again</strong> <span class="note">step ${i.step}: ${i.reason}</span>`;case"warning":return a`<strong>Warning</strong> ${i.message}`;case"cancel_requested":return a`<strong>Told to stop</strong>`;case"pause_requested":return a`<strong>Told to pause</strong>`;case"resume_requested":return a`<strong>Told to go on</strong>`;case"approved":return a`<strong class="good">Approved</strong>`;case"rejected":return a`<strong class="bad">Rejected</strong> ${i.reason}`;case"input_provided":return a`<strong>Told</strong> ${We("Values",i.values)}`;case"retry_scheduled":return a`<strong>To be tried again</strong> ${i.problem.detail?A(i.problem):d}`;case"released":return a`<strong>${{shutdown:"Handed over",paused:"Paused",waiting:"Waits"}[i.reason]}</strong>`;case"succeeded":return a`<strong class="good">Succeeded</strong> ${We("Result",i.result)}`;case"failed":return a`<strong class="bad">Failed</strong> ${A(i.problem)}`;case"cancelled":return a`<strong>Stopped</strong>`;default:return a`<strong>${s.body.type}</strong> ${We("Event",s.body)}`}}function We(s,t){return a`<details><summary>${s}</summary>${ne(L(t))}</details>`}function Si(s,t,e,n){if(!s)return a`<div class="bar"><h2>Result</h2></div>
      <p class="placeholder">Run it to see the result here${t.shape==="run"?", its events as they happen":t.shape==="stream"?", as it comes":""}.</p>`;let r=[["drawn","Drawn"],["json","JSON"],...s.log?[["events","Events"]]:[]],i=s.result!==void 0||s.items.length>0||s.log!==null;return a`<div class="bar">
      <h2>Result</h2>
      <span class="took ${s.state}" role="status">${Za(s)}</span>
      ${i?a`<div class="switch" role="group" aria-label="How to look at it">
              ${r.map(([o,l])=>a`<button type="button" aria-pressed=${o===e} @click=${()=>n(o)}>${l}</button>`)}
            </div>
            <nis-copy .text=${()=>L(qn(s))} label="Copy the result as JSON"></nis-copy>`:d}
    </div>
    ${i?el(s,e):s.state==="running"?a`<p class="waiting"><span class="pulse"></span> computing</p>`:d}
    ${s.log?.runId&&s.log.asked?a`<nis-asked .runId=${s.log.runId} .asked=${s.log.asked}></nis-asked>`:d}
    ${s.log?.runId?a`<p class="note">Run <a class="id" href=${T({page:"run",id:s.log.runId})}>${s.log.runId}</a></p>`:d}`}var Za=s=>s.state==="running"?s.items.length?`${s.items.length} so far`:"running":`${{done:"done",failed:"failed",stopped:"stopped"}[s.state]} · ${G((s.took??0)/1e3)}`,qn=s=>s.result??(s.log?s.log.events:s.items);function el(s,t){if(t==="json")return ne(L(qn(s)));if(t==="events"&&s.log)return Ot(s.log.events);if(s.log&&!s.views.length)return Ot(s.log.events);let e=Mr(s.result);if(e)return a`<div class="views"><nis-text .file=${e}></nis-text></div>`;let n=s.views.filter(o=>o.kind!=="form"),r=new Set(n.map(o=>"blob"in o?o.blob:"")),i=Fs(s.result).filter(o=>!r.has(o.id)).map(o=>a`<nis-blob .blob=${o}></nis-blob>`);return n.length||i.length?a`<div class="views">${i}${n.map(ue)}</div>`:s.items.length?tl(s.items):ne(L(qn(s)))}function tl(s){let t=s.filter(o=>typeof o=="object"&&o!==null),e=t.map(o=>typeof o.text=="string"?o.text:"").join("");if(e)return a`<div class="prose" aria-live="polite">${Y(e)}</div>`;let n=[...new Set(t.flatMap(o=>Object.keys(o)))],r=o=>typeof o=="number"||typeof o=="string"?o:JSON.stringify(o)??"",i={kind:"table",title:"Items",columns:n,rows:t.slice(-200).map(o=>n.map(l=>r(o[l])))};return Rt(i)}var jn=class extends y{constructor(){super();this.root=null;this.calling=new AbortController;this.sliding=new Ze(()=>this.given,e=>[this.outcome,this.refusal]=[e,null],e=>this.refusal=e);this.paint=at(()=>this.requestUpdate());this.line=null,this.detail=null,this.trouble=null,this.outcome=null,this.refusal=null,this.json=null,this.tab="drawn",this.snippet="curl",this.example="",this.input=null}static{this.properties={name:{attribute:!1},input:{attribute:!1},line:{state:!0},detail:{state:!0},trouble:{state:!0},outcome:{state:!0},refusal:{state:!0},json:{state:!0},tab:{state:!0},snippet:{state:!0},example:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("name")?this.open():e.has("input")&&this.detail&&(this.example="",this.fill(this.input??{}))}async open(){this.calling.abort(),[this.detail,this.line,this.trouble,this.outcome,this.refusal,this.json]=[null,null,null,null,null,null];let{name:e}=this;try{let[n,r]=await Promise.all([Zt(e),K()]);if(e!==this.name)return;this.line=F(r,e),this.detail=n,this.example=!this.input&&n.examples.length?"0":"",this.fill(this.input??(n.examples[0]?Ei(n.examples[0]):{}))}catch(n){e===this.name&&(this.trouble=E(n))}}fill(e){this.root=$e(this.detail.request_schema,e),this.json!==null&&(this.json=L(e)),this.refusal=null,this.requestUpdate()}get given(){if(this.json===null)return this.root?J(this.root):{};try{let e=JSON.parse(this.json||"{}");return typeof e=="object"&&e!==null&&!Array.isArray(e)?e:null}catch{return null}}async call(e){e?.preventDefault();let{line:n,given:r}=this;if(!n||this.outcome?.state==="running")return;if(r===null){this.refusal={title:"not JSON",detail:"The request is not a JSON object.",remedy:"Mend it, or go back to the form."};return}let{signal:i}=this.calling=new AbortController,o=this.outcome=He();this.refusal=null,this.tab=n.shape==="model"?this.tab==="events"?"drawn":this.tab:"drawn";try{await Xe(n,r,o,this.paint,i)}catch(l){o.state=i.aborted?"stopped":"failed",i.aborted||(this.refusal=D(l))}this.requestUpdate(),await this.updateComplete,this.reveal()}reveal(){let e=this.querySelector(".answer").getBoundingClientRect();!this.refusal&&(e.top>innerHeight-120||e.bottom<0)&&this.querySelector(".answer").scrollIntoView({block:"start"}),us(this.querySelector(".request"))}async stop(){let e=this.line?.shape==="run"?this.outcome?.log?.runId:null;if(!e)return this.calling.abort();try{await pe(e,"cancel")}catch(n){n instanceof U||this.calling.abort()}}render(){let{detail:e,line:n}=this,r=a`<p class="crumbs">
      <a href="#/explore">Explore</a> / <a href=${T({page:"explore",query:"",family:le(this.name)})}>${W(le(this.name))}</a>
    </p>`;return this.trouble?a`<div class="column wide-column">${r}${A(this.trouble,()=>{this.open()})}</div>`:!e||!n?a`<div class="column wide-column">${r}<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div></div>`:a`<div class="column wide-column operation">
      ${r}
      <header class="head">
        <h1><code>${e.id}</code>${yn(e)}</h1>
        <p class="lede">${O(e.summary)}</p>
      </header>
      <div class="halves">
        <div class="request">${this.request(e,n)} ${Ti(e)}</div>
        <div class="answer" tabindex="-1">${this.answer(n)} ${_i(n,this.given??{},this.snippet,i=>this.snippet=i)}</div>
      </div>
    </div>`}request(e,n){let r=this.outcome?.state==="running",i={root:e.request_schema,id:"r",errors:Et(this.root,this.refusal),changed:()=>this.requestUpdate(),...ls(n)&&this.outcome?.state==="done"?{slid:()=>{this.sliding.slid(n,this.calling.signal)}}:{}};return a`<form
      class="panel"
      @submit=${o=>{this.call(o)}}
      @invalid=${St}
      @keydown=${o=>{o.key==="Enter"&&(o.ctrlKey||o.metaKey)&&o.currentTarget.requestSubmit()}}
    >
      <div class="bar">
        <h2>Request</h2>
        ${this.examples(e.examples)}
        <div class="switch" role="group" aria-label="How to edit">
          <button type="button" aria-pressed=${this.json===null} @click=${()=>this.asForm()}>Form</button>
          <button type="button" aria-pressed=${this.json!==null} @click=${()=>this.json??=L(this.given??{})}>JSON</button>
        </div>
      </div>
      ${this.json!==null?this.editor():this.form(i)}
      <div class="act">
        ${r?a`<button type="button" class="stop" @click=${()=>{this.stop()}}>Stop</button>`:a`<button class="primary">${x("play")}Run</button>`}
        <kbd class="quiet">Ctrl ⏎</kbd>
        ${n.effect==="destroys"?a`<span class="note">This cannot be undone.</span>`:d}
      </div>
    </form>`}examples(e){return e.length?a`<label class="hidden" for="example">Fill in an example</label>
      <select
        id="example"
        class="small"
        @change=${n=>{this.example=n.target.value,this.fill(this.example==="empty"?{}:Ei(e[Number(this.example)]))}}
      >
        <option value="" hidden .selected=${this.example===""}>Examples</option>
        ${e.map((n,r)=>a`<option value=${r} .selected=${String(r)===this.example}>${n.title}</option>`)}
        <option value="empty" .selected=${this.example==="empty"}>Empty</option>
      </select>`:d}form(e){let n=this.root?.parts??[];if(!n.length)return a`<p class="note">It takes no arguments.</p>`;let r=n.filter(o=>o.schema.knob&&!o.required),i=n.filter(o=>!r.includes(o));return a`${Q(i,e)}
      ${r.length?a`<details class="more"><summary>${r.length} ${r.length>1?"settings":"setting"} of the method</summary>${Q(r,e)}</details>`:d}`}editor(){return a`<label class="hidden" for="json">The request as JSON</label>
      <textarea
        id="json" class="code" rows="12" spellcheck="false" aria-invalid=${this.given===null} .value=${this.json??""}
        @input=${e=>this.json=e.target.value}
      ></textarea>
      ${this.given===null?a`<p class="error">This is not a JSON object yet.</p>`:d}`}asForm(){let{given:e}=this;this.json===null||e===null||(this.root=$e(this.detail.request_schema,e),this.json=null)}answer(e){let{outcome:n,refusal:r}=this,i=Et(this.root,r);return a`<section class="panel result" aria-label="Result" aria-busy=${n?.state==="running"}>
      ${Si(n,e,this.tab,o=>this.tab=o)}
      ${r?A(i.size?{...r,errors:[]}:r,()=>{this.call()}):d}
    </section>`}};function Ei(s){let t=Object.entries(s.request).filter(([,e])=>typeof e!="string"||!/^\{[\w.]+\}$/.test(e));return Object.fromEntries(t)}customElements.define("nis-operation",jn);var sl=[{to:"#/",name:"New conversation",note:"Chat",icon:"chat"},{to:"#/explore",name:"Explore operations",note:"Explore",icon:"explore"},{to:"#/runs",name:"Runs",note:"Runs",icon:"runs"},{to:"#/models",name:"Models and prices",note:"Models",icon:"models"},{to:"#/models/routes",name:"Routes of models",note:"Models",icon:"models"},{to:"#/models/providers",name:"Providers of models",note:"Models",icon:"models"},{to:"#/models/changes",name:"Changes of routes, prices and budgets",note:"Models",icon:"models"},{to:"#/usage",name:"Usage and cost",note:"Usage",icon:"usage"},{to:"#/budgets",name:"Budgets",note:"Budgets",icon:"budgets"},{to:"/docs",name:"API reference",note:"OpenAPI",icon:"book"}],nl=12,Dn=class extends y{constructor(){super();this.outside=e=>{e.target===e.currentTarget&&e.currentTarget.close()};this.query="",this.lines=[],this.at=0,this.shown=!1}static{this.properties={query:{state:!0},lines:{state:!0},at:{state:!0},shown:{state:!0}}}open(){this.query="",this.at=0,this.shown=!0,K().then(e=>this.lines=e,()=>{}),this.updateComplete.then(()=>{let e=this.querySelector("dialog");e.open||e.showModal()})}get hits(){let e=this.query.trim().toLowerCase(),n=sl.filter(o=>o.name.toLowerCase().includes(e)),i=es(this.lines,e).map(o=>({to:V(o.name),name:o.name,note:o.summary,icon:"play"}));return[...n,...i].slice(0,nl)}render(){if(!this.shown)return d;let{hits:e}=this;return a`<dialog class="palette" aria-label="Find anything" @close=${()=>this.shown=!1} @click=${this.outside}>
      <div class="ask">
        ${x("explore")}
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
          @input=${n=>{this.query=n.target.value,this.at=0}}
          @keydown=${n=>this.press(n,e)}
        />
      </div>
      <ul id="hits" role="listbox" aria-label="Found">
        ${e.map((n,r)=>a`<li
            id="hit-${r}"
            role="option"
            aria-selected=${r===this.at}
            @pointermove=${()=>this.at=r}
            @click=${()=>this.take(n)}
          >
            ${x(n.icon)}<span class="name">${n.name}</span><span class="note">${n.note}</span>
          </li>`)}
      </ul>
      ${e.length?d:a`<p class="empty">Nothing is called that.</p>`}
    </dialog>`}press(e,n){let r={ArrowDown:1,ArrowUp:-1}[e.key];r?(e.preventDefault(),this.at=(this.at+r+n.length)%Math.max(1,n.length),this.updateComplete.then(()=>this.querySelector(`#hit-${this.at}`)?.scrollIntoView({block:"nearest"}))):e.key==="Enter"&&!e.isComposing&&n[this.at]&&(e.preventDefault(),this.take(n[this.at]))}take(e){this.querySelector("dialog").close(),location.href=e.to}};customElements.define("nis-palette",Dn);var rl=["queued","waiting","model","tools","own"],il={queued:"queued",waiting:"waiting",model:"model",tools:"tools",own:"nis"};function ol(s,t){let e={queued:0,waiting:0,model:0,tools:0,own:0},[n,r,i,o,l]=[s,!1,!1,!1,0];for(let{time:c,body:u}of t){let h=i||u.type==="started";switch(e[r?h?"waiting":o?"model":l>0?"tools":"own":"queued"]+=c-n,n=c,u.type){case"started":[r,i]=[!0,!1];break;case"released":i=!0;break;case"model_called":o=!0;break;case"model_answered":case"step_retried":o=!1;break;case"tool_called":l+=1;break;case"tool_answered":l-=1}}return e}function Ai(s,t){let e=ol(s,t),n=rl.filter(o=>e[o]>0),r=n.reduce((o,l)=>o+e[l],0);if(!r)return d;let i=n.map((o,l)=>n.slice(0,l+1).reduce((c,u)=>c+e[u],0));return a`<figure class="spent" aria-label="Where the time went">
    <svg viewBox="0 0 ${r} 1" preserveAspectRatio="none" aria-hidden="true">
      ${n.map((o,l)=>w`<rect class=${o} x=${i[l]-e[o]} width=${e[o]} height="1" />`)}
    </svg>
    <figcaption>
      ${n.map(o=>a`<span class=${o}><i></i>${il[o]} ${G(e[o],2)} <span class="note">${Math.round(100*e[o]/r)} %</span></span>`)}
    </figcaption>
  </figure>`}var al=[["Fork","runs.fork_run"],["Replay","runs.get_replay"],["Export","runs.get_export"]],ll="the server is out of reach; the run goes on once it is back",Nn=class extends y{constructor(){super();this.log=new Re(null);this.reading=new AbortController;this.paint=at(()=>this.requestUpdate());this.again=()=>{this.trouble&&Z().state==="ok"?this.open():this.paint()};this.run=null,this.trouble=null,this.refused=null}static{this.properties={runId:{attribute:!1},run:{state:!0},trouble:{state:!0},refused:{state:!0}}}connectedCallback(){super.connectedCallback(),z.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),z.removeEventListener("change",this.again),this.reading.abort()}willUpdate(e){e.has("runId")&&this.open()}async open(){this.reading.abort();let{signal:e}=this.reading=new AbortController;this.log=new Re(this.runId),[this.run,this.trouble,this.refused]=[null,null,null];try{this.run=await $(`/runs/${encodeURIComponent(this.runId)}`,{signal:e}),await Ue(this.log,{changed:this.paint,waiting:Ye,signal:e}),this.run=await $(`/runs/${encodeURIComponent(this.runId)}`,{signal:e})}catch(n){if(e.aborted)return;this.trouble=D(n)}}async tell(e){let n=this.log.ended;this.refused=null;try{let r=await(await pe(this.runId,e)).json();e==="retry"&&Me({page:"run",id:r.id})}catch(r){(n||!this.log.ended)&&(this.refused=E(r))}}render(){let{run:e,log:n}=this,r=n.events.length?n.state:e?.state??"queued",i=Math.max(e?.attempt??0,n.attempt),o=e?(n.ended?e.updated:n.events.at(-1)?.time??e.updated)-e.created:0,l=n.events.reduce((c,{body:u})=>c+(u.type==="model_answered"?u.cost??0:0),0);return a`<div class="column wide-column run-page">
      <p class="crumbs"><a href="#/runs">Runs</a> / <span class="id">${this.runId}</span><nis-copy .text=${this.runId} label="Copy the run's id"></nis-copy></p>
      ${this.trouble?A(this.trouble,()=>{this.open()}):d}
      ${e?a`<header class="head">
            <h1><a href=${V(e.operation,e.input)}><code>${e.operation}</code></a></h1>
            <div class="facts">
              ${Lt(r)}
              <span title=${new Date(e.created*1e3).toLocaleString()}>${Be(e.created)}</span>
              <span>${G(o)}</span>
              <span>${n.seq||e.last_seq} events</span>
              ${l?a`<span><a href=${V("usage.list_calls",{run_id:e.id})} title="What its models cost: its calls">${M(l/Ee)}</a></span>`:d}
              ${i>1?a`<span>attempt ${i}</span>`:d}
              ${e.conversation_id?a`<a href=${T({page:"chat",id:e.conversation_id})}>its conversation</a>`:d}
              ${e.parent?a`<span>from <a class="id" href=${T({page:"run",id:e.parent})}>${e.parent}</a> after event ${e.parent_seq}</span>`:d}
              ${ai(r,c=>{this.tell(c)})}
              ${n.ended?al.map(([c,u])=>a`<a href=${V(u,{id:e.id})}>${c}</a>`):d}
            </div>
          </header>
          ${this.refused?A(this.refused):d}
          ${n.asked?a`<nis-asked .runId=${e.id} .asked=${n.asked}></nis-asked>`:d}
          ${Ai(e.created,n.events)}
          <details class="panel"><summary>Request</summary>${ne(L(e.input))}</details>`:d}
      <section aria-label="Events" aria-live=${n.ended?"off":"polite"}>${Ot(n.events)}</section>
      ${e&&!n.ended&&!this.trouble?a`<p class="waiting"><span class="pulse"></span> <span>${Z().state!=="ok"?ll:r==="running"?"live":r}</span></p>`:d}
    </div>`}};customElements.define("nis-run",Nn);var Un="nis-theme",Hn=()=>{let s=localStorage.getItem(Un);return s==="light"||s==="dark"?s:"auto"};function Mi(s){s==="auto"?localStorage.removeItem(Un):localStorage.setItem(Un,s),cl()}function cl(){document.documentElement.dataset.theme=Hn()}var Fn=[{page:"chat",also:"chat",name:"Chat",icon:"chat",to:"#/"},{page:"explore",also:"operation",name:"Explore",icon:"explore",to:"#/explore"},{page:"runs",also:"run",name:"Runs",icon:"runs",to:"#/runs"},{page:"models",also:"models",name:"Models",icon:"models",to:"#/models"},{page:"usage",also:"usage",name:"Usage",icon:"usage",to:"#/usage"},{page:"budgets",also:"budgets",name:"Budgets",icon:"budgets",to:"#/budgets"}],Vn=class extends y{constructor(){super();this.dialog=te();this.drawer=te();this.draw=()=>{this.drawn=!0,this.drawer.value.showModal()};this.forget=()=>{ae.forget(),location.reload()};this.skip=e=>{e.preventDefault(),this.querySelector("#main").focus()};this.route=ot(location.hash),this.keyWanted=null,this.drawn=!1,fr(e=>this.askKey(e))}static{this.properties={route:{state:!0},keyWanted:{state:!0},drawn:{state:!0}}}connectedCallback(){super.connectedCallback(),addEventListener("hashchange",()=>this.went()),z.addEventListener("change",()=>this.requestUpdate()),addEventListener("keydown",e=>this.press(e))}went(){if(this.route=ot(location.hash),Pi)return;scrollTo({top:0}),document.activeElement?.closest("main input, main textarea, dialog")||this.updateComplete.then(()=>this.querySelector("#main").focus({preventScroll:!0}))}askKey(e){return new Promise(n=>{let r=this.keyWanted;this.keyWanted={again:e||(r?.again??!1),give:i=>{r?.give(i),n(i)}}})}press(e){let n=e.target.closest?.("input, textarea, select, dialog");!(e.key==="k"&&(e.metaKey||e.ctrlKey)||e.key==="/"&&!n)||this.keyWanted||(e.preventDefault(),this.querySelector("nis-palette").open())}updated(){let e=this.dialog.value;this.keyWanted&&e&&!e.open&&e.showModal(),document.title=this.heading}get heading(){let{route:e}=this;return e.page==="operation"?`${e.name} · nis`:e.page==="chat"?"nis":`${Fn.find(n=>n.page===e.page||n.also===e.page).name} · nis`}render(){return a`
      <a class="skip" href="#main" @click=${this.skip}>Skip to the content</a>
      <aside class="side">
        <div class="top">
          <button class="ghost menu" aria-label="Conversations" @click=${this.draw}>${x("menu")}</button>
          <a class="brand" href="#/" aria-label="nis, start page">${dl}<span>nis</span></a>
          ${this.status()}
        </div>
        <button class="search" @click=${()=>this.querySelector("nis-palette").open()}>
          ${x("explore")}<span>Find anything</span><kbd>${/mac/i.test(navigator.platform)?"⌘":"Ctrl"} K</kbd>
        </button>
        <nav class="pages" aria-label="Pages">${Fn.map(e=>this.link(e))}</nav>
        <nis-conversations></nis-conversations>
        <div class="foot">
          <a href="/docs">${x("book")}<span>API reference</span></a>
          ${ae.get()===null?d:a`<button class="ghost" aria-label="Forget the key" title="Forget the key" @click=${this.forget}>${x("key")}</button>`}
          ${this.themes()}
        </div>
      </aside>
      <main id="main" tabindex="-1">${this.page()}</main>
      <nav class="tabs" aria-label="Pages">${Fn.map(e=>this.link(e))}</nav>
      <dialog
        class="drawer" aria-label="Conversations" ${se(this.drawer)}
        @click=${e=>(e.target===e.currentTarget||e.target.closest("a"))&&this.drawer.value.close()}
      >
        <div class="bar">
          <a href="#/" class="new">${x("plus")}New conversation</a>
          <button class="ghost" aria-label="Close" @click=${()=>this.drawer.value.close()}>${x("close")}</button>
        </div>
        ${this.drawn?a`<nis-conversations></nis-conversations>`:d}
      </dialog>
      <nis-palette></nis-palette>
      <nis-act></nis-act>
      ${this.keyDialog()}
    `}link(e){let n=this.route.page===e.page||this.route.page===e.also;return a`<a href=${e.to} aria-current=${n?"page":d}>${x(e.icon)}<span>${e.name}</span></a>`}page(){let{route:e}=this;switch(e.page){case"chat":return a`<nis-chat .conversationId=${e.id}></nis-chat>`;case"explore":return a`<nis-explore .query=${e.query} .family=${e.family}></nis-explore>`;case"operation":return a`<nis-operation .name=${e.name} .input=${e.input}></nis-operation>`;case"runs":return a`<nis-runs .state=${e.state}></nis-runs>`;case"run":return a`<nis-run .runId=${e.id}></nis-run>`;case"models":return xi(e.part);case"usage":return a`<nis-usage .chosen=${e}></nis-usage>`;case"budgets":return a`<nis-budgets></nis-budgets>`}}status(){let e=Z(),n={ok:"connected",lost:"no connection",waiting:`connection lost, trying again in ${e.state==="waiting"?e.seconds:0} s`}[e.state];return a`<p class="status ${e.state}" role="status"><span class="dot"></span><span class="words">${n}</span></p>`}themes(){let e=Hn(),n={auto:"light",light:"dark",dark:"auto"},r={auto:"auto",light:"sun",dark:"moon"},i={auto:"as the system",light:"light",dark:"dark"};return a`<button
      class="ghost"
      title="Theme: ${i[e]}"
      aria-label="Theme: ${i[e]}. Change to ${i[n[e]]}"
      @click=${()=>{Mi(n[e]),this.requestUpdate()}}
    >
      ${x(r[e])}
    </button>`}keyDialog(){if(!this.keyWanted)return d;let{again:e,give:n}=this.keyWanted;return a`<dialog class="key" ${se(this.dialog)} aria-labelledby="key-title" @cancel=${r=>r.preventDefault()}>
      <form
        method="dialog"
        @submit=${r=>{let i=new FormData(r.currentTarget).get("key");this.keyWanted=null,n(String(i).trim()),this.updateComplete.then(()=>this.querySelector("#message, [data-first]")?.focus())}}
      >
        <h2 id="key-title">This server wants a key</h2>
        <p>${e?a`<strong class="bad">That key was not accepted.</strong> `:d}It is the value of NIS_API_KEY where the
          server runs, or what <code>nis keys create</code> answered, and is kept until this tab is closed.</p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autofocus />
        <button class="primary">Continue</button>
      </form>
    </dialog>`}},dl=a`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M6 24C11 4 21 4 26 24"></path>
  <circle cx="16" cy="9" r="3"></circle>
</svg>`,Pi=!1;globalThis.navigation?.addEventListener("navigate",s=>{Pi=s.navigationType==="traverse"||s.navigationType==="replace"});customElements.define("nis-console",Vn);export{Vn as NisConsole};
