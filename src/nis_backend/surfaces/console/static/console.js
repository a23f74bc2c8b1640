var ze=globalThis,Ge=ze.ShadowRoot&&(ze.ShadyCSS===void 0||ze.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Ss=Symbol(),Ts=new WeakMap,Je=class{constructor(s,e,n){if(this._$cssResult$=!0,n!==Ss)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=s,this.t=e}get styleSheet(){let s=this.o,e=this.t;if(Ge&&s===void 0){let n=e!==void 0&&e.length===1;n&&(s=Ts.get(e)),s===void 0&&((this.o=s=new CSSStyleSheet).replaceSync(this.cssText),n&&Ts.set(e,s))}return s}toString(){return this.cssText}},Es=t=>new Je(typeof t=="string"?t:t+"",void 0,Ss);var Rs=(t,s)=>{if(Ge)t.adoptedStyleSheets=s.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of s){let n=document.createElement("style"),r=ze.litNonce;r!==void 0&&n.setAttribute("nonce",r),n.textContent=e.cssText,t.appendChild(n)}},yt=Ge?t=>t:t=>t instanceof CSSStyleSheet?(s=>{let e="";for(let n of s.cssRules)e+=n.cssText;return Es(e)})(t):t;var{is:Kn,defineProperty:zn,getOwnPropertyDescriptor:Jn,getOwnPropertyNames:Gn,getOwnPropertySymbols:Yn,getPrototypeOf:Qn}=Object,Ye=globalThis,As=Ye.trustedTypes,Xn=As?As.emptyScript:"",Zn=Ye.reactiveElementPolyfillSupport,Me=(t,s)=>t,wt={toAttribute(t,s){switch(s){case Boolean:t=t?Xn:null;break;case Object:case Array:t=t==null?t:JSON.stringify(t)}return t},fromAttribute(t,s){let e=t;switch(s){case Boolean:e=t!==null;break;case Number:e=t===null?null:Number(t);break;case Object:case Array:try{e=JSON.parse(t)}catch{e=null}}return e}},Ps=(t,s)=>!Kn(t,s),Ms={attribute:!0,type:String,converter:wt,reflect:!1,useDefault:!1,hasChanged:Ps};Symbol.metadata??=Symbol("metadata"),Ye.litPropertyMetadata??=new WeakMap;var K=class extends HTMLElement{static addInitializer(s){this._$Ei(),(this.l??=[]).push(s)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(s,e=Ms){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(s)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(s,e),!e.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(s,n,e);r!==void 0&&zn(this.prototype,s,r)}}static getPropertyDescriptor(s,e,n){let{get:r,set:i}=Jn(this.prototype,s)??{get(){return this[e]},set(o){this[e]=o}};return{get:r,set(o){let l=r?.call(this);i?.call(this,o),this.requestUpdate(s,l,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(s){return this.elementProperties.get(s)??Ms}static _$Ei(){if(this.hasOwnProperty(Me("elementProperties")))return;let s=Qn(this);s.finalize(),s.l!==void 0&&(this.l=[...s.l]),this.elementProperties=new Map(s.elementProperties)}static finalize(){if(this.hasOwnProperty(Me("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(Me("properties"))){let e=this.properties,n=[...Gn(e),...Yn(e)];for(let r of n)this.createProperty(r,e[r])}let s=this[Symbol.metadata];if(s!==null){let e=litPropertyMetadata.get(s);if(e!==void 0)for(let[n,r]of e)this.elementProperties.set(n,r)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let r=this._$Eu(e,n);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(s){let e=[];if(Array.isArray(s)){let n=new Set(s.flat(1/0).reverse());for(let r of n)e.unshift(yt(r))}else s!==void 0&&e.push(yt(s));return e}static _$Eu(s,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof s=="string"?s.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(s=>this.enableUpdating=s),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(s=>s(this))}addController(s){(this._$EO??=new Set).add(s),this.renderRoot!==void 0&&this.isConnected&&s.hostConnected?.()}removeController(s){this._$EO?.delete(s)}_$E_(){let s=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(s.set(n,this[n]),delete this[n]);s.size>0&&(this._$Ep=s)}createRenderRoot(){let s=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Rs(s,this.constructor.elementStyles),s}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(s=>s.hostConnected?.())}enableUpdating(s){}disconnectedCallback(){this._$EO?.forEach(s=>s.hostDisconnected?.())}attributeChangedCallback(s,e,n){this._$AK(s,n)}_$ET(s,e){let n=this.constructor.elementProperties.get(s),r=this.constructor._$Eu(s,n);if(r!==void 0&&n.reflect===!0){let i=(n.converter?.toAttribute!==void 0?n.converter:wt).toAttribute(e,n.type);this._$Em=s,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(s,e){let n=this.constructor,r=n._$Eh.get(s);if(r!==void 0&&this._$Em!==r){let i=n.getPropertyOptions(r),o=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:wt;this._$Em=r;let l=o.fromAttribute(e,i.type);this[r]=l??this._$Ej?.get(r)??l,this._$Em=null}}requestUpdate(s,e,n,r=!1,i){if(s!==void 0){let o=this.constructor;if(r===!1&&(i=this[s]),n??=o.getPropertyOptions(s),!((n.hasChanged??Ps)(i,e)||n.useDefault&&n.reflect&&i===this._$Ej?.get(s)&&!this.hasAttribute(o._$Eu(s,n))))return;this.C(s,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(s,e,{useDefault:n,reflect:r,wrapped:i},o){n&&!(this._$Ej??=new Map).has(s)&&(this._$Ej.set(s,o??e??this[s]),i!==!0||o!==void 0)||(this._$AL.has(s)||(this.hasUpdated||n||(e=void 0),this._$AL.set(s,e)),r===!0&&this._$Em!==s&&(this._$Eq??=new Set).add(s))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let s=this.scheduleUpdate();return s!=null&&await s,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,i]of this._$Ep)this[r]=i;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[r,i]of n){let{wrapped:o}=i,l=this[r];o!==!0||this._$AL.has(r)||l===void 0||this.C(r,void 0,i,l)}}let s=!1,e=this._$AL;try{s=this.shouldUpdate(e),s?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw s=!1,this._$EM(),n}s&&this._$AE(e)}willUpdate(s){}_$AE(s){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(s)),this.updated(s)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(s){return!0}update(s){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(s){}firstUpdated(s){}};K.elementStyles=[],K.shadowRootOptions={mode:"open"},K[Me("elementProperties")]=new Map,K[Me("finalized")]=new Map,Zn?.({ReactiveElement:K}),(Ye.reactiveElementVersions??=[]).push("2.1.2");var xt=globalThis,Cs=t=>t,Qe=xt.trustedTypes,qs=Qe?Qe.createPolicy("lit-html",{createHTML:t=>t}):void 0,_t="$lit$",z=`lit$${Math.random().toFixed(9).slice(2)}$`,Tt="?"+z,er=`<${Tt}>`,ae=document,Ce=()=>ae.createComment(""),qe=t=>t===null||typeof t!="object"&&typeof t!="function",St=Array.isArray,Us=t=>St(t)||typeof t?.[Symbol.iterator]=="function",kt=`[ 	
\f\r]`,Pe=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ls=/-->/g,Is=/>/g,ie=RegExp(`>|${kt}(?:([^\\s"'>=/]+)(${kt}*=${kt}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Os=/'/g,js=/"/g,Hs=/^(?:script|style|textarea|title)$/i,Et=t=>(s,...e)=>({_$litType$:t,strings:s,values:e}),a=Et(1),j=Et(2),Vi=Et(3),T=Symbol.for("lit-noChange"),d=Symbol.for("lit-nothing"),Ns=new WeakMap,oe=ae.createTreeWalker(ae,129);function Ds(t,s){if(!St(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return qs!==void 0?qs.createHTML(s):s}var Fs=(t,s)=>{let e=t.length-1,n=[],r,i=s===2?"<svg>":s===3?"<math>":"",o=Pe;for(let l=0;l<e;l++){let c=t[l],u,m,h=-1,f=0;for(;f<c.length&&(o.lastIndex=f,m=o.exec(c),m!==null);)f=o.lastIndex,o===Pe?m[1]==="!--"?o=Ls:m[1]!==void 0?o=Is:m[2]!==void 0?(Hs.test(m[2])&&(r=RegExp("</"+m[2],"g")),o=ie):m[3]!==void 0&&(o=ie):o===ie?m[0]===">"?(o=r??Pe,h=-1):m[1]===void 0?h=-2:(h=o.lastIndex-m[2].length,u=m[1],o=m[3]===void 0?ie:m[3]==='"'?js:Os):o===js||o===Os?o=ie:o===Ls||o===Is?o=Pe:(o=ie,r=void 0);let p=o===ie&&t[l+1].startsWith("/>")?" ":"";i+=o===Pe?c+er:h>=0?(n.push(u),c.slice(0,h)+_t+c.slice(h)+z+p):c+z+(h===-2?l:p)}return[Ds(t,i+(t[e]||"<?>")+(s===2?"</svg>":s===3?"</math>":"")),n]},Le=class t{constructor({strings:s,_$litType$:e},n){let r;this.parts=[];let i=0,o=0,l=s.length-1,c=this.parts,[u,m]=Fs(s,e);if(this.el=t.createElement(u,n),oe.currentNode=this.el.content,e===2||e===3){let h=this.el.content.firstChild;h.replaceWith(...h.childNodes)}for(;(r=oe.nextNode())!==null&&c.length<l;){if(r.nodeType===1){if(r.hasAttributes())for(let h of r.getAttributeNames())if(h.endsWith(_t)){let f=m[o++],p=r.getAttribute(h).split(z),b=/([.?@])?(.*)/.exec(f);c.push({type:1,index:i,name:b[2],strings:p,ctor:b[1]==="."?Ze:b[1]==="?"?et:b[1]==="@"?tt:ce}),r.removeAttribute(h)}else h.startsWith(z)&&(c.push({type:6,index:i}),r.removeAttribute(h));if(Hs.test(r.tagName)){let h=r.textContent.split(z),f=h.length-1;if(f>0){r.textContent=Qe?Qe.emptyScript:"";for(let p=0;p<f;p++)r.append(h[p],Ce()),oe.nextNode(),c.push({type:2,index:++i});r.append(h[f],Ce())}}}else if(r.nodeType===8)if(r.data===Tt)c.push({type:2,index:i});else{let h=-1;for(;(h=r.data.indexOf(z,h+1))!==-1;)c.push({type:7,index:i}),h+=z.length-1}i++}}static createElement(s,e){let n=ae.createElement("template");return n.innerHTML=s,n}};function le(t,s,e=t,n){if(s===T)return s;let r=n!==void 0?e._$Co?.[n]:e._$Cl,i=qe(s)?void 0:s._$litDirective$;return r?.constructor!==i&&(r?._$AO?.(!1),i===void 0?r=void 0:(r=new i(t),r._$AT(t,e,n)),n!==void 0?(e._$Co??=[])[n]=r:e._$Cl=r),r!==void 0&&(s=le(t,r._$AS(t,s.values),r,n)),s}var Xe=class{constructor(s,e){this._$AV=[],this._$AN=void 0,this._$AD=s,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(s){let{el:{content:e},parts:n}=this._$AD,r=(s?.creationScope??ae).importNode(e,!0);oe.currentNode=r;let i=oe.nextNode(),o=0,l=0,c=n[0];for(;c!==void 0;){if(o===c.index){let u;c.type===2?u=new $e(i,i.nextSibling,this,s):c.type===1?u=new c.ctor(i,c.name,c.strings,this,s):c.type===6&&(u=new st(i,this,s)),this._$AV.push(u),c=n[++l]}o!==c?.index&&(i=oe.nextNode(),o++)}return oe.currentNode=ae,r}p(s){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(s,n,e),e+=n.strings.length-2):n._$AI(s[e])),e++}},$e=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(s,e,n,r){this.type=2,this._$AH=d,this._$AN=void 0,this._$AA=s,this._$AB=e,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let s=this._$AA.parentNode,e=this._$AM;return e!==void 0&&s?.nodeType===11&&(s=e.parentNode),s}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(s,e=this){s=le(this,s,e),qe(s)?s===d||s==null||s===""?(this._$AH!==d&&this._$AR(),this._$AH=d):s!==this._$AH&&s!==T&&this._(s):s._$litType$!==void 0?this.$(s):s.nodeType!==void 0?this.T(s):Us(s)?this.k(s):this._(s)}O(s){return this._$AA.parentNode.insertBefore(s,this._$AB)}T(s){this._$AH!==s&&(this._$AR(),this._$AH=this.O(s))}_(s){this._$AH!==d&&qe(this._$AH)?this._$AA.nextSibling.data=s:this.T(ae.createTextNode(s)),this._$AH=s}$(s){let{values:e,_$litType$:n}=s,r=typeof n=="number"?this._$AC(s):(n.el===void 0&&(n.el=Le.createElement(Ds(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(e);else{let i=new Xe(r,this),o=i.u(this.options);i.p(e),this.T(o),this._$AH=i}}_$AC(s){let e=Ns.get(s.strings);return e===void 0&&Ns.set(s.strings,e=new Le(s)),e}k(s){St(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,r=0;for(let i of s)r===e.length?e.push(n=new t(this.O(Ce()),this.O(Ce()),this,this.options)):n=e[r],n._$AI(i),r++;r<e.length&&(this._$AR(n&&n._$AB.nextSibling,r),e.length=r)}_$AR(s=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);s!==this._$AB;){let n=Cs(s).nextSibling;Cs(s).remove(),s=n}}setConnected(s){this._$AM===void 0&&(this._$Cv=s,this._$AP?.(s))}},ce=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(s,e,n,r,i){this.type=1,this._$AH=d,this._$AN=void 0,this.element=s,this.name=e,this._$AM=r,this.options=i,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=d}_$AI(s,e=this,n,r){let i=this.strings,o=!1;if(i===void 0)s=le(this,s,e,0),o=!qe(s)||s!==this._$AH&&s!==T,o&&(this._$AH=s);else{let l=s,c,u;for(s=i[0],c=0;c<i.length-1;c++)u=le(this,l[n+c],e,c),u===T&&(u=this._$AH[c]),o||=!qe(u)||u!==this._$AH[c],u===d?s=d:s!==d&&(s+=(u??"")+i[c+1]),this._$AH[c]=u}o&&!r&&this.j(s)}j(s){s===d?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,s??"")}},Ze=class extends ce{constructor(){super(...arguments),this.type=3}j(s){this.element[this.name]=s===d?void 0:s}},et=class extends ce{constructor(){super(...arguments),this.type=4}j(s){this.element.toggleAttribute(this.name,!!s&&s!==d)}},tt=class extends ce{constructor(s,e,n,r,i){super(s,e,n,r,i),this.type=5}_$AI(s,e=this){if((s=le(this,s,e,0)??d)===T)return;let n=this._$AH,r=s===d&&n!==d||s.capture!==n.capture||s.once!==n.once||s.passive!==n.passive,i=s!==d&&(n===d||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,s),this._$AH=s}handleEvent(s){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,s):this._$AH.handleEvent(s)}},st=class{constructor(s,e,n){this.element=s,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(s){le(this,s)}},Vs={M:_t,P:z,A:Tt,C:1,L:Fs,R:Xe,D:Us,V:le,I:$e,H:ce,N:et,U:tt,B:Ze,F:st},tr=xt.litHtmlPolyfillSupport;tr?.(Le,$e),(xt.litHtmlVersions??=[]).push("3.3.3");var Bs=(t,s,e)=>{let n=e?.renderBefore??s,r=n._$litPart$;if(r===void 0){let i=e?.renderBefore??null;n._$litPart$=r=new $e(s.insertBefore(Ce(),i),i,void 0,e??{})}return r._$AI(t),r};var Rt=globalThis,X=class extends K{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let s=super.createRenderRoot();return this.renderOptions.renderBefore??=s.firstChild,s}update(s){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(s),this._$Do=Bs(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return T}};X._$litElement$=!0,X.finalized=!0,Rt.litElementHydrateSupport?.({LitElement:X});var sr=Rt.litElementPolyfillSupport;sr?.({LitElement:X});(Rt.litElementVersions??=[]).push("4.2.2");var{I:nr}=Vs,Ws=t=>t;var nt=t=>t.strings===void 0,Ks=()=>document.createComment(""),be=(t,s,e)=>{let n=t._$AA.parentNode,r=s===void 0?t._$AB:s._$AA;if(e===void 0){let i=n.insertBefore(Ks(),r),o=n.insertBefore(Ks(),r);e=new nr(i,o,t,t.options)}else{let i=e._$AB.nextSibling,o=e._$AM,l=o!==t;if(l){let c;e._$AQ?.(t),e._$AM=t,e._$AP!==void 0&&(c=t._$AU)!==o._$AU&&e._$AP(c)}if(i!==r||l){let c=e._$AA;for(;c!==i;){let u=Ws(c).nextSibling;Ws(n).insertBefore(c,r),c=u}}}return e},Z=(t,s,e=t)=>(t._$AI(s,e),t),rr={},rt=(t,s=rr)=>t._$AH=s,zs=t=>t._$AH,it=t=>{t._$AR(),t._$AA.remove()};var I={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},J=t=>(...s)=>({_$litDirective$:t,values:s}),N=class{constructor(s){}get _$AU(){return this._$AM._$AU}_$AT(s,e,n){this._$Ct=s,this._$AM=e,this._$Ci=n}_$AS(s,e){return this.update(s,e)}update(s,e){return this.render(...e)}};var Ie=(t,s)=>{let e=t._$AN;if(e===void 0)return!1;for(let n of e)n._$AO?.(s,!1),Ie(n,s);return!0},ot=t=>{let s,e;do{if((s=t._$AM)===void 0)break;e=s._$AN,e.delete(t),t=s}while(e?.size===0)},Js=t=>{for(let s;s=t._$AM;t=s){let e=s._$AN;if(e===void 0)s._$AN=e=new Set;else if(e.has(t))break;e.add(t),ar(s)}};function ir(t){this._$AN!==void 0?(ot(this),this._$AM=t,Js(this)):this._$AM=t}function or(t,s=!1,e=0){let n=this._$AH,r=this._$AN;if(r!==void 0&&r.size!==0)if(s)if(Array.isArray(n))for(let i=e;i<n.length;i++)Ie(n[i],!1),ot(n[i]);else n!=null&&(Ie(n,!1),ot(n));else Ie(this,t)}var ar=t=>{t.type==I.CHILD&&(t._$AP??=or,t._$AQ??=ir)},at=class extends N{constructor(){super(...arguments),this._$AN=void 0}_$AT(s,e,n){super._$AT(s,e,n),Js(this),this.isConnected=s._$AU}_$AO(s,e=!0){s!==this.isConnected&&(this.isConnected=s,s?this.reconnected?.():this.disconnected?.()),e&&(Ie(this,s),ot(this))}setValue(s){if(nt(this._$Ct))this._$Ct._$AI(s,this);else{let e=[...this._$Ct._$AH];e[this._$Ci]=s,this._$Ct._$AI(e,this,0)}}disconnected(){}reconnected(){}};var de=()=>new Mt,Mt=class{},At=new WeakMap,ue=J(class extends at{render(t){return d}update(t,[s]){let e=s!==this.G;return e&&this.rt(void 0),(e||this.lt!==this.ct)&&(this.G=s,this.ht=t.options?.host,this.rt(this.ct=t.element)),d}rt(t){if(this.G!==void 0)if(this.isConnected||(t=void 0),typeof this.G=="function"){let s=this.ht??globalThis,e=At.get(s);e===void 0&&(e=new WeakMap,At.set(s,e)),e.get(this.G)!==void 0&&this.G.call(this.ht,void 0),e.set(this.G,t),t!==void 0&&this.G.call(this.ht,t)}else this.G.value=t}get lt(){return typeof this.G=="function"?At.get(this.ht??globalThis)?.get(this.G):this.G?.value}disconnected(){this.lt===this.ct&&this.rt(void 0)}reconnected(){this.rt(this.ct)}});var lr={},ee=J(class extends N{constructor(){super(...arguments),this.ot=lr}render(t,s){return s()}update(t,[s,e]){if(Array.isArray(s)){if(Array.isArray(this.ot)&&this.ot.length===s.length&&s.every((n,r)=>n===this.ot[r]))return T}else if(this.ot===s)return T;return this.ot=Array.isArray(s)?Array.from(s):s,this.render(s,e)}});function v(t){if(t===0)return"0";let s=Math.abs(t),e=Number.isInteger(t)&&s<1e9?String(t):String(Number(t.toPrecision(6)));return(s>=1e9||s>=1e7&&!Number.isInteger(t)||s<1e-4?dr(t):cr(e)).replace("-","−")}function cr(t){let[s,e]=t.split("."),n=s.replace("-","").length>4?s.replace(/\B(?=(\d{3})+$)/g," "):s;return e===void 0?n:`${n}.${e}`}function dr(t){let[s,e]=t.toExponential(4).split("e"),n=[...e.replace("+","")].map(r=>r==="-"?"⁻":"⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(r)]).join("");return Number(s)===1?`10${n}`:`${Number(s)} × 10${n}`}function Pt(t,s,e){let n=s-t;if(!(n>1e-12*Math.max(Math.abs(t),Math.abs(s),1e-280)&&n<1e300))return t===s?[t]:[t,s];let r=n/e,i=10**Math.floor(Math.log10(r)),o=[1,2,5,10].map(u=>u*i).find(u=>u>=r*.999),l=Math.ceil(t/o-1e-9),c=Math.floor(s/o+1e-9);return Array.from({length:c-l+1},(u,m)=>(l+m)*o)}function U(t,s=1){return t<.9995?`${Math.max(0,Math.round(t*1e3))} ms`:t<60?`${t.toFixed(s)} s`:`${Math.floor(t/60)} min ${Math.round(t%60)} s`}var R=t=>t.replaceAll("_"," ");var ur=0,pr=6;function pe(t,s=void 0){return Oe("",t,t,s,!0,0)}function Oe(t,s,e,n,r,i){let o=ve(s,e),l=i>pr?"json":fr(o,e),c=l==="union"?Zs(o).map(m=>ve(m,e)):[],u={id:++ur,name:t,schema:o,kind:l,required:r,forms:c,text:"",note:"",parts:[],given:n!=null,form:0};return l==="union"&&(u.form=Math.max(0,c.findIndex(m=>gr(n,m,e)))),l==="group"||l==="list"||l==="union"?(r||u.given)&&lt(u,e,n,i):u.given&&(u.text=mr(n,l)),u}function lt(t,s,e=t.schema.default,n=1){t.given=!0;let{schema:r}=t;if(t.kind==="group"){let i=e??{};t.parts=Object.entries(r.properties??{}).map(([o,l])=>Oe(o,l,s,i[o],(r.required??[]).includes(o),n+1))}else if(t.kind==="list"){let i=Array.isArray(e)?e:Array.from({length:r.minItems??0},()=>{});t.parts=i.map((o,l)=>Oe(String(l),Ys(r,l),s,o,!0,n+1))}else t.kind==="union"&&(t.parts=[Oe(t.name,t.forms[t.form],s,e,!0,n+1)])}function Gs(t){t.given=!1,t.parts=[],t.text=""}var Ys=(t,s)=>t.prefixItems?.[s]??t.items??{};function Qs(t,s){t.given=!0,t.parts=[...t.parts,Oe(String(t.parts.length),Ys(t.schema,t.parts.length),s,void 0,!0,2)]}function Xs(t,s,e){t.form=s,lt(t,e,void 0)}function H(t){switch(t.kind){case"group":{if(!t.given)return;let s=t.parts.map(e=>[e.name,H(e)]);return Object.fromEntries(s.filter(([,e])=>e!==void 0))}case"list":return t.given?t.parts.map(s=>H(s)??null):void 0;case"union":return t.given&&t.parts[0]?H(t.parts[0]):void 0;case"fixed":return t.schema.const;default:return t.given?hr(t.text,t.kind,t.schema):void 0}}function hr(t,s,e){let n=t.trim();if(s==="text")return t===""&&e.minLength?void 0:t;if(n){if(s==="file"&&!n.startsWith("{"))return n;if(s==="choice")return te(e).find(r=>se(r)===t)??t;if(s==="numbers")return n.replace(/^\[|\]$/g,"").split(/[\s,;]+/).filter(Boolean).map(i=>Number.isFinite(Number(i))?Number(i):i);try{return JSON.parse(n)}catch{return s!=="json"&&Number.isFinite(Number(n))?Number(n):n}}}function mr(t,s){return s==="numbers"&&Array.isArray(t)?t.join(", "):s==="json"?JSON.stringify(t,null,1):se(t)}var se=t=>typeof t=="string"?t:JSON.stringify(t);function he(t){let s=t.default;return s==null||s===""?"":Array.isArray(s)?s.join(", "):se(s)}function ve(t,s){let e={...t};for(let n=0;n<8;n++){let{$ref:r,anyOf:i,allOf:o,...l}=e;if(r!==void 0){e={...s.$defs?.[r.replace("#/$defs/","")]??{},...l};continue}let c=(i??o??[]).filter(u=>u.type!=="null");if(c.length!==1)break;e={...c[0],...l}}return e}function fr(t,s){if(t.blob)return"file";if("const"in t&&(t.default===void 0||t.default===t.const))return"fixed";if(te(t).length)return"choice";if(Zs(t).length>1)return"union";switch(t.type){case"boolean":return"flag";case"integer":case"number":return t.type;case"string":return"text";case"array":{let e=t.items?ve(t.items,s):{};return!t.prefixItems&&["number","integer"].includes(e.type??"")?"numbers":"list"}case"object":return t.properties?"group":"json";default:return"json"}}var Zs=t=>(t.oneOf??t.anyOf??[]).filter(s=>s.type!=="null"),te=t=>"const"in t?[t.const]:(t.enum??[]).filter(s=>s!==null);function gr(t,s,e){if(t==null)return!1;if(te(s).length)return te(s).includes(t);let n=Array.isArray(t)?"array":typeof t;return n!=="object"?s.type===n||s.type==="integer"&&Number.isInteger(t):s.type!=="object"?!1:Object.entries(t).every(([i,o])=>{let l=s.properties?.[i];if(!l)return s.additionalProperties!==!1&&!s.properties;let{const:c}=ve(l,e);return c===void 0||c===o})}var en=(t,s)=>t.title??(te(t).length?te(t).map(se).join(", "):t.type)??`form ${s+1}`;function tn(t){let{minimum:s,maximum:e,exclusiveMinimum:n,exclusiveMaximum:r,minItems:i,maxItems:o}=t,l=[];return s!==void 0&&e!==void 0?l.push(`${v(s)} to ${v(e)}`):s!==void 0?l.push(`${v(s)} or more`):n!==void 0&&l.push(`above ${v(n)}`),e!==void 0&&s===void 0&&l.push(`at most ${v(e)}`),r!==void 0&&l.push(`below ${v(r)}`),i&&o!==void 0?l.push(i===o?`${i} of them`:`${i} to ${v(o)} of them`):o!==void 0?l.push(`at most ${v(o)} of them`):i&&l.push(`at least ${i} of them`),l.join(", ")}var je=J(class extends N{constructor(t){if(super(t),t.type!==I.PROPERTY&&t.type!==I.ATTRIBUTE&&t.type!==I.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!nt(t))throw Error("`live` bindings can only contain a single expression")}render(t){return t}update(t,[s]){if(s===T||s===d)return s;let e=t.element,n=t.name;if(t.type===I.PROPERTY){if(s===e[n])return T}else if(t.type===I.BOOLEAN_ATTRIBUTE){if(!!s===e.hasAttribute(n))return T}else if(t.type===I.ATTRIBUTE&&e.getAttribute(n)===s+"")return T;return rt(t),s}});var sn=(t,s,e)=>{let n=new Map;for(let r=s;r<=e;r++)n.set(t[r],r);return n},Ct=J(class extends N{constructor(t){if(super(t),t.type!==I.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,s,e){let n;e===void 0?e=s:s!==void 0&&(n=s);let r=[],i=[],o=0;for(let l of t)r[o]=n?n(l,o):o,i[o]=e(l,o),o++;return{values:i,keys:r}}render(t,s,e){return this.dt(t,s,e).values}update(t,[s,e,n]){let r=zs(t),{values:i,keys:o}=this.dt(s,e,n);if(!Array.isArray(r))return this.ut=o,i;let l=this.ut??=[],c=[],u,m,h=0,f=r.length-1,p=0,b=i.length-1;for(;h<=f&&p<=b;)if(r[h]===null)h++;else if(r[f]===null)f--;else if(l[h]===o[p])c[p]=Z(r[h],i[p]),h++,p++;else if(l[f]===o[b])c[b]=Z(r[f],i[b]),f--,b--;else if(l[h]===o[b])c[b]=Z(r[h],i[b]),be(t,c[b+1],r[h]),h++,b--;else if(l[f]===o[p])c[p]=Z(r[f],i[p]),be(t,r[h],r[f]),f--,p++;else if(u===void 0&&(u=sn(o,p,b),m=sn(l,h,f)),u.has(l[h]))if(u.has(l[f])){let W=m.get(o[p]),vt=W!==void 0?r[W]:null;if(vt===null){let _s=be(t,r[h]);Z(_s,i[p]),c[p]=_s}else c[p]=Z(vt,i[p]),be(t,r[h],vt),r[W]=null;p++}else it(r[f]),f--;else it(r[h]),h++;for(;p<=b;){let W=be(t,c[b+1]);Z(W,i[p]),c[p++]=W}for(;h<=f;){let W=r[h++];W!==null&&it(W)}return this.ut=o,rt(t,c),T}});var g=class extends X{createRenderRoot(){return this}};function C(t){return $r(t.replaceAll(`\r
`,`
`)).map(s=>ee([s],()=>qt(s.split(`
`),0)))}function $r(t){let s=[],e=0,n="";for(let r=0;r<t.length;){let i=t.indexOf(`
`,r)+1||t.length,o=t.slice(r,i),l=/^\s*(```+|~~~+)/.exec(o)?.[1]??"";(n?l.startsWith(n):l)&&(n=n?"":l),!n&&!l&&!o.trim()&&/[^\s>\-*+\d]/.test(t[i]??"")&&(s.push(t.slice(e,i)),e=i),r=i}return[...s,t.slice(e)]}var nn=6,Ne=/^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;function qt(t,s){let e=[],n=0,r=i=>{let o=n;for(;n<t.length&&i(t[n]);)n++;return t.slice(o,n)};for(;n<t.length;){let i=t[n],o=/^\s*(```+|~~~+)/.exec(i)?.[1],l=/^(#{1,6})\s+(.*?)\s*#*$/.exec(i);if(!i.trim())n++;else if(o){n++;let c=r(u=>!u.trim().startsWith(o));n++,e.push(a`<pre tabindex="0"><code>${c.join(`
`)}</code></pre>`)}else if(l)n++,e.push(l[1].length<3?a`<h3>${S(l[2])}</h3>`:a`<h4>${S(l[2])}</h4>`);else if(/^\s*([-*_])(\s*\1){2,}\s*$/.test(i))n++,e.push(a`<hr />`);else if(i.startsWith(">")&&s<nn){let c=r(u=>u.startsWith(">")).map(u=>u.replace(/^> ?/,""));e.push(a`<blockquote>${qt(c,s+1)}</blockquote>`)}else if(Ne.test(i)&&s<nn)e.push(vr(r(c=>Ne.test(c)||/^\s+\S/.test(c)),s));else if(i.includes("|")&&/^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(t[n+1]??"")){let[c,,...u]=r(m=>m.includes("|")).map(br);e.push(a`<div class="wide" tabindex="0">
        <table>
          <thead><tr>${c.map(m=>a`<th scope="col">${S(m)}</th>`)}</tr></thead>
          <tbody>${u.map(m=>a`<tr>${m.map(h=>a`<td>${S(h)}</td>`)}</tr>`)}</tbody>
        </table>
      </div>`)}else{let c=n++;r(u=>u.trim()!==""&&!/^\s*(```|~~~|#{1,6}\s|>)/.test(u)&&!Ne.test(u)),e.push(a`<p>${yr(t.slice(c,n))}</p>`)}}return e}function br(t){return t.trim().replace(/^\||\|$/g,"").split("|").map(s=>s.trim())}function vr(t,s){let e=Ne.exec(t[0])[1].length,n=[];for(let o of t){let l=Ne.exec(o);l&&l[1].length<=e+1?n.push([l[3]]):n.at(-1).push(o.slice(Math.min(e+2,o.search(/\S/))))}let r=n.map(([o,...l])=>a`<li>${S(o)}${qt(l,s+1)}</li>`),i=/^\s*(\d+)/.exec(t[0])?.[1];return i===void 0?a`<ul>${r}</ul>`:a`<ol start=${i}>${r}</ol>`}function yr(t){return t.map((e,n)=>n<t.length-1?e.replace(/ {2,}$|\\$/,"\0"):e.trimEnd()).join(`
`).split(`\0
`).flatMap((e,n)=>n?[a`<br />`,...S(e)]:S(e))}var wr=/(?<ticks>`{1,3})(?<code>[^`]{1,2000})\k<ticks>|\*\*(?<strong>(?=\S)[^*]{1,2000}?\S?)\*\*|__(?<under>(?=\S)[^_]{1,2000}?)__|\*(?<em>(?=\S)[^*\n]{1,2000}?)\*|(?<![\w])_(?<slant>(?=\S)[^_\n]{1,2000}?)_(?![\w])|\[(?<label>[^[\]\n]{1,1000})\]\((?<target>[^)\s]{1,2000})\)|(?<bare>https?:\/\/[^\s<>"')\]]{1,2000}[^\s<>"')\].,;:!?])|\\(?<escaped>[\\`*_[\]()#+\-.!>|~])/g;function S(t){let s=[],e=0;for(let n of t.matchAll(wr)){s.push(t.slice(e,n.index)),e=n.index+n[0].length;let{code:r,strong:i,under:o,em:l,slant:c,label:u,target:m,bare:h,escaped:f}=n.groups,p=i??o,b=l??c;r!==void 0?s.push(a`<code>${r}</code>`):p!==void 0?s.push(a`<strong>${S(p)}</strong>`):b!==void 0?s.push(a`<em>${S(b)}</em>`):u!==void 0?s.push(rn(m,S(u),n[0])):h!==void 0?s.push(rn(h,[h],h)):s.push(f)}return s.push(t.slice(e)),s.filter(n=>n!=="")}function rn(t,s,e){let n=URL.canParse(t)?new URL(t):null;return n===null||!["http:","https:"].includes(n.protocol)?e:a`<a href=${n.href} target="_blank" rel="noopener noreferrer nofollow">${s}</a>`}var G=["succeeded","failed","cancelled"],E=class extends Error{constructor(e,n){super(e.detail);this.problem=e;this.status=n}},Lt="nis-key",ne={get:()=>sessionStorage.getItem(Lt),set:t=>sessionStorage.setItem(Lt,t),forget:()=>sessionStorage.removeItem(Lt)},on=()=>Promise.reject(new Error("nobody is asked for the key yet")),an=t=>{on=t};async function A(t,s={}){for(;;){let e=ne.get(),n=new Headers(s.headers);e!==null&&n.set("Authorization",`Bearer ${e}`);let r=await fetch(t,{cache:"no-store",...s,headers:n});if(r.status===401){ne.get()===e&&ne.set(await on(e!==null));continue}if(!r.ok)throw new E(await kr(r),r.status);return r}}async function y(t,s={}){return await(await A(t,s)).json()}var M=(t,s,e={})=>({method:t,headers:{"Content-Type":"application/json",...e},body:JSON.stringify(s)});async function kr(t){let s={title:"failure",detail:`The server answered ${t.status} ${t.statusText}.`};try{return{...s,...await t.json()}}catch{return s}}function k(t){return t instanceof E?t.problem:(t instanceof TypeError||console.error(t),{title:"no connection",detail:"The server cannot be reached.",remedy:"See that it is running, then try again.",retryable:!0})}var xr=4e4;async function*ct(t){let s=t.body.pipeThrough(new TextDecoderStream).getReader(),e="";try{for(;;){let{value:n,done:r}=await _r(xr,s.read());if(r)return;e+=n;let i=e.split(/\r?\n\r?\n/);e=i.pop();for(let o of i){let l="message",c=[];for(let u of o.split(/\r?\n/))u.startsWith("event:")?l=u.slice(6).trim():u.startsWith("data:")&&c.push(u.slice(5).replace(/^ /,""));c.length&&(yield{event:l,data:c.join(`
`)})}}}finally{s.cancel().catch(()=>{})}}function _r(t,s){return new Promise((e,n)=>{let r=setTimeout(()=>n(new TypeError("the connection fell silent")),t);s.then(e,n).finally(()=>clearTimeout(r))})}function ln(t){let s=new FormData;return s.append("content",t),y("/blobs",{method:"POST",body:s})}function jt(t){return t<1e3?`${t} bytes`:t<1e6?`${(t/1e3).toFixed(1)} kB`:`${(t/1e6).toFixed(1)} MB`}function Nt(t,s=0){if(typeof t!="object"||t===null||s>3)return[];let e=t;return e.id&&e.media_type&&typeof e.size=="number"&&e.sha256?.length===64?[e]:Object.values(t).flatMap(n=>Nt(n,s+1)).slice(0,Tr)}function cn(t){let s=t??{};return[s.name,s.media_type,s.text].every(e=>typeof e=="string")?s:null}var Tr=8,Sr=32e6,dn=2e4,It=class extends g{static{this.properties={blob:{attribute:!1},address:{state:!0},text:{state:!0},trouble:{state:!0}}}constructor(){super(),[this.address,this.text,this.trouble]=[null,null,""]}disconnectedCallback(){super.disconnectedCallback(),this.address&&URL.revokeObjectURL(this.address)}willUpdate(s){let e=s.get("blob");s.has("blob")&&e?.id!==this.blob.id&&this.load()}async load(){if(this.address&&URL.revokeObjectURL(this.address),[this.address,this.text,this.trouble]=[null,null,""],this.blob.size>Sr)return void(this.trouble="It is too large to be shown here.");try{let s=`/blobs/${encodeURIComponent(this.blob.id)}/content`,e=await(await A(s,{headers:{Accept:`${this.blob.media_type}, */*;q=0.5`}})).blob();this.address=URL.createObjectURL(e),/^text\/|json$/.test(this.blob.media_type)&&(this.text=(await e.text()).slice(0,dn))}catch(s){this.trouble=k(s).detail}}render(){let{blob:s,address:e}=this;return a`<figure class="blob">
      <figcaption>${s.name||s.id} <span class="note">${s.media_type}, ${jt(s.size)}</span></figcaption>
      ${e?this.shown(e):this.trouble?d:a`<p class="waiting"><span class="pulse"></span> reading</p>`}
      ${this.trouble?a`<p class="note">${this.trouble}</p>`:d}
      ${e?a`<a href=${e} download=${s.name||s.id}>Save</a>`:d}
    </figure>`}shown(s){let e=this.blob.media_type;return/^image\/(png|jpeg|gif|webp|avif)$/.test(e)?a`<img src=${s} alt=${this.blob.name||"image"} />`:e.startsWith("audio/")?a`<audio controls src=${s}></audio>`:e.startsWith("video/")?a`<video controls src=${s}></video>`:this.text===null?d:a`<pre class="code-block" tabindex="0"><code>${this.text}</code></pre>`}};customElements.define("nis-blob",It);var Ot=class extends g{constructor(){super(...arguments);this.address=""}static{this.properties={file:{attribute:!1}}}disconnectedCallback(){super.disconnectedCallback(),URL.revokeObjectURL(this.address)}willUpdate(){URL.revokeObjectURL(this.address),this.address=URL.createObjectURL(new Blob([this.file.text],{type:this.file.media_type}))}render(){let{name:e,media_type:n,text:r}=this.file;return a`<figure class="blob">
      <figcaption>${e} <span class="note">${n}</span></figcaption>
      ${n==="text/markdown"?a`<div class="prose">${C(r)}</div>`:a`<pre class="code-block" tabindex="0"><code>${r.slice(0,dn)}</code></pre>`}
      <a href=${this.address} download=${e}>Save</a>
    </figure>`}};customElements.define("nis-text",Ot);function O(t,s,e=""){let n=t.filter(i=>i.kind!=="fixed"),r=Ct(n,i=>i.id,i=>Ut(i,s,e?`${e}.${i.name}`:i.name));return a`<div class="fields">${r}</div>`}var un=({kind:t,schema:s})=>t==="text"&&(s.maxLength??0)>1e3;function Ut(t,s,e){if(t.kind==="group"||t.kind==="list"||t.kind==="union")return Pr(t,s,e);let n=`${s.id}-${e}`,r=s.errors.get(e),o=[tn(t.schema),Er(t)].filter(Boolean).join(" · "),l=[r?`${n}-error`:"",t.schema.description||o?`${n}-hint`:""].filter(Boolean).join(" "),c=["json","numbers","file"].includes(t.kind)||un(t);return a`<div class="field ${r?"wrong":""} ${c?"broad":""} ${t.required?"":"optional"}" data-path=${e}>
    <label for=${n}>${pn(t,e)}</label>
    ${Rr(t,s,n,l,!!r)}
    ${r?a`<p class="error" id="${n}-error">${r}</p>`:d}
    ${t.schema.description||o?a`<p class="hint" id="${n}-hint">
          ${t.schema.description?S(t.schema.description):d} ${o?a`<span class="limits">${o}</span>`:d}
        </p>`:d}
  </div>`}function Er({schema:t,kind:s}){let e=he(t);return!e||s==="flag"||s==="choice"?"":`default ${typeof t.default=="number"?v(t.default):e}`}function pn(t,s){let{unit:e}=t.schema,n=s.slice(s.lastIndexOf(".")+1),r=/^\d+$/.test(n)?`${Number(n)+1}`:R(n);return a`<span class="name">${r}</span>${e?a` <span class="unit">${e}</span>`:d}${t.required?a`<span class="must" title="has to be given">required</span>`:d}`}function Rr(t,s,e,n,r){let i=m=>{t.text=m,t.given=m!==""||t.kind==="text"&&t.required,s.changed()},o=m=>i(m.target.value),{schema:l,kind:c}=t,u=n||d;if(c==="flag"&&(typeof l.default=="boolean"||t.required)){let m=t.given?t.text==="true":l.default===!0;return t.required&&!t.given&&i("false"),a`<input
      type="checkbox" role="switch" id=${e} name=${e} .checked=${je(m)} aria-describedby=${u} aria-invalid=${r}
      @change=${h=>i(String(h.target.checked))}
    />`}if(c==="choice"||c==="flag"){let m=c==="flag"?["true","false"]:te(l).map(se),h=he(l)?`${he(l)} (default)`:t.required?"choose…":"not given";return a`<select id=${e} name=${e} ?required=${t.required} aria-describedby=${u} aria-invalid=${r} @change=${o}>
      <option value="" .selected=${!t.given}>${h}</option>
      ${m.map(f=>a`<option value=${f} .selected=${t.given&&f===t.text}>${f}</option>`)}
    </select>`}return c==="file"?Mr(t,s,e,u,r):c==="json"||c==="numbers"||un(t)?a`<textarea
      id=${e} name=${e} class=${c==="text"?"":"code"} rows=${c==="json"?3:1} spellcheck=${c==="text"}
      placeholder=${c==="numbers"?he(l)||"1, 2, 3":c==="json"?Ar(l):he(l)}
      ?required=${t.required} aria-describedby=${u} aria-invalid=${r} .value=${je(t.text)} @input=${o}
    ></textarea>`:a`<input
    id=${e}
    name=${e}
    type=${c==="text"?"text":"number"}
    inputmode=${c==="text"?"text":"decimal"}
    step=${c==="integer"?"1":"any"}
    min=${l.minimum??d}
    max=${l.maximum??d}
    maxlength=${l.maxLength??d}
    placeholder=${he(l)}
    autocomplete="off"
    spellcheck="false"
    ?required=${t.required&&!(c==="text"&&!l.minLength)}
    aria-describedby=${u}
    aria-invalid=${r}
    .value=${je(t.text)}
    @input=${o}
  />`}var Ar=t=>t.default===void 0||t.default===null?t.type==="object"?"{ }":"JSON":JSON.stringify(t.default);function Mr(t,s,e,n,r){let i=(l,c)=>{[t.text,t.given,t.note]=[l,l!=="",c],s.changed()},o=async l=>{i("",`sending ${l.name}`);try{let c=await ln(l);i(c.id,`${l.name}, ${jt(c.size)}, ${c.media_type}`)}catch(c){i("",k(c).detail)}};return a`<div class="file">
    <input
      id=${e} name=${e} type="text" placeholder="a blob's id, or data:…" autocomplete="off" spellcheck="false" ?required=${t.required}
      aria-describedby=${n} aria-invalid=${r} .value=${je(t.text)}
      @input=${l=>i(l.target.value,"")}
    />
    <label class="pick">
      Choose a file
      <input
        type="file" class="hidden"
        @change=${l=>{let c=l.target.files?.[0];c&&o(c)}}
      />
    </label>
    ${t.note?a`<p class="hint" role="status">${t.note}</p>`:d}
  </div>`}function Pr(t,s,e){let n=s.errors.get(e),r=i=>()=>{i(),s.changed()};return a`<fieldset class="nested ${n?"wrong":""}" data-path=${e}>
    <legend>${pn(t,e)}</legend>
    ${t.schema.description?a`<p class="hint">${S(t.schema.description)}</p>`:d}
    ${n?a`<p class="error">${n}</p>`:d}
    ${t.given?a`${Cr(t,s,e,r)}
          ${t.required?d:a`<button type="button" class="small plain" @click=${r(()=>Gs(t))}>Leave out ${R(t.name)}</button>`}`:a`<button type="button" class="small" @click=${r(()=>lt(t,s.root))}>Add ${R(t.name)}</button>`}
  </fieldset>`}function Cr(t,s,e,n){if(t.kind==="group")return O(t.parts,s,e);if(t.kind==="union"){let o=`${s.id}-${e}-form`;return a`<div class="field">
        <label for=${o}>form</label>
        <select id=${o} @change=${l=>n(()=>Xs(t,l.target.selectedIndex,s.root))()}>
          ${t.forms.map((l,c)=>a`<option .selected=${c===t.form}>${en(l,c)}</option>`)}
        </select>
      </div>
      ${t.parts.map(l=>l.kind==="group"?O(l.parts,s,e):Ut(l,s,e))}`}let r=t.schema.maxItems??1/0,i=t.schema.minItems??0;return a`<ol class="items">
      ${Ct(t.parts,o=>o.id,(o,l)=>a`<li>
          ${o.kind==="group"?O(o.parts,s,`${e}.${l}`):Ut(o,s,`${e}.${l}`)}
          ${t.parts.length>i?a`<button
                type="button" class="small plain" aria-label="Remove item ${l+1} of ${R(t.name)}"
                @click=${n(()=>{t.parts=t.parts.filter(c=>c!==o)})}
              >Remove</button>`:d}
        </li>`)}
    </ol>
    ${t.parts.length<r?a`<button type="button" class="small" @click=${n(()=>Qs(t,s.root))}>Add an item</button>`:d}`}var D=(t,s,e={})=>A(`/runs/${encodeURIComponent(t)}/${s}`,M("POST",e)),ye=(t,s,e="")=>a`<button class="small ${e}" @click=${s}>${t}</button>`;function hn(t,s){switch(t){case"queued":case"running":return a`${ye("Pause",()=>s("pause"))} ${ye("Stop",()=>s("cancel"),"stop")}`;case"paused":return a`${ye("Go on",()=>s("resume"))} ${ye("Stop",()=>s("cancel"),"stop")}`;case"waiting":return ye("Stop",()=>s("cancel"),"stop");case"failed":case"cancelled":return ye("Try again",()=>s("retry"));case"succeeded":return d}}var Ue=56,Ht=12,mn=12,we=30,qr=60,Lr=6,Dt=t=>t.unit?`${t.label} (${t.unit})`:t.label,Ft=t=>`c${t%Lr}`,Vt=class extends g{constructor(){super();this.sized=new ResizeObserver(([e])=>requestAnimationFrame(()=>this.width=Math.round(e.contentRect.width)));this.width=0,this.at=null}static{this.properties={series:{attribute:!1},width:{state:!0},at:{state:!0}}}connectedCallback(){super.connectedCallback(),this.sized.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.sized.disconnect()}willUpdate(e){e.has("series")&&(this.at=null)}render(){let{title:e,x:n,lines:r}=this.series,i=[...new Set(r.map(o=>o.unit))];return a`<figure>
      <figcaption>${e}</figcaption>
      ${this.width&&n.values.length?i.map(o=>this.panel(o)):d}
      <p class="readout" aria-hidden="true">${this.at===null?Dt(n):this.readout(this.at)}</p>
      <details>
        <summary>Numbers</summary>
        ${this.numbers()}
      </details>
    </figure>`}panel(e){let{x:n,lines:r}=this.series,i=r.map((p,b)=>({line:p,index:b})).filter(({line:p})=>p.unit===e),o=Math.round(Math.min(260,Math.max(170,this.width*.42))),l=Bt([n]),c=Bt(i.map(({line:p})=>p)),u=p=>Ue+fn(p,l)*(this.width-Ue-Ht),m=p=>o-we-fn(p,c)*(o-mn-we),h=i.length===1?a`<p class="legend">${Dt(i[0].line)}</p>`:a`<ul class="legend">
            ${i.map(({line:p,index:b})=>a`<li class=${Ft(b)}>${p.label}</li>`)}
            ${e?a`<li class="unit">in ${e}</li>`:d}
          </ul>`,f=`${i.map(({line:p})=>gn(p)).join("; ")}, over ${gn(n)}`;return a`${h}
      <svg
        role="img"
        aria-label=${f}
        viewBox="0 0 ${this.width} ${o}"
        width=${this.width}
        height=${o}
        @pointermove=${p=>this.point(p,u)}
        @pointerdown=${p=>this.point(p,u)}
        @pointerleave=${()=>this.at=null}
      >
        ${Pt(...c,4).map(p=>j`<path class="grid" d="M${Ue} ${m(p)}H${this.width-Ht}"></path>
            <text x=${Ue-8} y=${m(p)+4} text-anchor="end">${v(p)}</text>`)}
        ${Pt(...l,this.width/110).map(p=>j`<path class="axis" d="M${u(p)} ${o-we}v4"></path>
            <text x=${u(p)} y=${o-we+18} text-anchor="middle">${v(p)}</text>`)}
        <path class="axis" d="M${Ue} ${o-we}H${this.width-Ht}"></path>
        ${i.map(({line:p,index:b})=>j`<path class="line ${Ft(b)}" d=${Or(n,p,u,m)}></path>`)}
        ${this.at===null?d:this.guide(this.at,i,u,m,o)}
      </svg>`}guide(e,n,r,i,o){let l=r(this.series.x.values[e]);return j`<path class="guide" d="M${l} ${mn}V${o-we}"></path>
      ${n.filter(({line:c})=>c.values[e]!==void 0).map(({line:c,index:u})=>j`<circle class=${Ft(u)} cx=${l} cy=${i(c.values[e])} r="4"></circle>`)}`}point(e,n){let r=e.clientX-e.currentTarget.getBoundingClientRect().left,i=this.series.x.values.map(o=>Math.abs(n(o)-r));this.at=i.indexOf(Math.min(...i))}readout(e){return[this.series.x,...this.series.lines].filter(n=>n.values[e]!==void 0).map(n=>`${n.label} ${v(n.values[e])}${n.unit?` ${n.unit}`:""}`).join("   ")}numbers(){let e=[this.series.x,...this.series.lines],n=this.series.x.values.length,r=Math.max(1,Math.ceil(n/qr)),i=Array.from({length:Math.ceil(n/r)},(o,l)=>l*r);return a`${r>1?a`<p class="hint">${i.length} of ${n} points, evenly chosen.</p>`:d}
      <div class="wide" tabindex="0">
        <table>
          <thead><tr>${e.map(o=>a`<th scope="col" class="n">${Dt(o)}</th>`)}</tr></thead>
          <tbody>
            ${i.map(o=>a`<tr>${e.map(l=>a`<td class="n">${Ir(l.values[o])}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>`}},Ir=t=>t===void 0?"":v(t);function Bt(t){let[s,e]=[1/0,-1/0];for(let n of t)for(let r of n.values)s=Math.min(s,r),e=Math.max(e,r);return s<=e?[s,e]:[0,1]}function fn(t,[s,e]){let n=e/2-s/2;return n>0?(t/2-s/2)/n:.5}function Or(t,s,e,n){let r=Math.min(t.values.length,s.values.length),i=Array.from({length:r},(o,l)=>`${e(t.values[l]).toFixed(1)} ${n(s.values[l]).toFixed(1)}`);return i.length===1?`M${i[0]}h0.01`:i.length?`M${i.join("L")}`:""}function gn(t){let[s,e]=Bt([t]);return`${t.label} from ${v(s)} to ${v(e)} ${t.unit}`.trim()}customElements.define("nis-chart",Vt);function ke(t){switch(t.kind){case"text":return a`<div class="prose" dir="auto">${C(t.text)}</div>`;case"table":return a`<figure><figcaption>${t.title}</figcaption>${He(t)}</figure>`;case"series":return a`<nis-chart .series=${t}></nis-chart>`;case"form":return d;default:return a`<p class="note">This page cannot draw a ${t.kind}; the JSON has it.</p>`}}function He(t){let s=t.columns.map((n,r)=>2*t.rows.filter(o=>typeof o[r]=="number").length>t.rows.length?"n":""),e=(n,r)=>a`<td class="${s[r]??""} ${/^\S{1,40}$/.test(String(n))?"token":""}">${typeof n=="number"?v(n):n}</td>`;return a`<div class="wide" tabindex="0" role="region" aria-label=${t.title}>
    <table>
      <thead>
        <tr>
          ${t.columns.map((n,r)=>a`<th scope="col" class=${s[r]}>${n}</th>`)}
        </tr>
      </thead>
      <tbody>${t.rows.map(n=>a`<tr>${n.map(e)}</tr>`)}</tbody>
    </table>
  </div>`}function x(t,s){return a`<div class="failure" role="alert">
    <p><strong>${jr(t.title)}.</strong> ${t.detail}</p>
    ${t.errors&&t.errors.length>1?a`<ul>${t.errors.map(e=>a`<li><code>${e.field}</code> ${e.message}</li>`)}</ul>`:d}
    ${t.remedy?a`<p class="remedy">${t.remedy}</p>`:d}
    ${s&&t.retryable?a`<button @click=${s}>Try again</button>`:d}
  </div>`}var jr=t=>t.charAt(0).toUpperCase()+t.slice(1);var Wt=class extends g{constructor(){super();this.send=e=>{e.preventDefault();let n=this.root.parts.map(r=>[r.name,H(r)]).filter(([,r])=>r!==void 0);this.tell("provide-input",{values:Object.fromEntries(n)})};[this.root,this.trouble,this.sent]=[null,null,!1]}static{this.properties={runId:{attribute:!1},asked:{attribute:!1},root:{state:!0},trouble:{state:!0},sent:{state:!0}}}willUpdate(e){!e.has("asked")&&!e.has("runId")||([this.root,this.trouble,this.sent]=[null,null,!1],this.asked.type==="input_required"&&this.learn())}async learn(){try{let{waiting:e}=await y(`/runs/${encodeURIComponent(this.runId)}`);this.root=e?.schema?pe(e.schema,{}):null}catch(e){this.trouble=k(e)}}async tell(e,n={}){[this.trouble,this.sent]=[null,!0];try{await D(this.runId,e,{call_id:this.asked.call_id,...n})}catch(r){[this.trouble,this.sent]=[k(r),!1]}}render(){let{asked:e}=this,n=e.type==="approval_required"?this.approval(e.operation,e.reason):this.input(e);return a`<section class="panel asks" aria-label="The run waits for you">
      ${n} ${this.trouble?x(this.trouble):d}
    </section>`}approval(e,n){return a`<p><strong>May it call <code>${e}</code>?</strong> ${n}</p>
      <p>
        <button class="primary small" ?disabled=${this.sent} @click=${()=>{this.tell("approve")}}>Approve</button>
        <button class="stop small" ?disabled=${this.sent} @click=${()=>{this.tell("reject")}}>Reject</button>
      </p>`}input(e){let{root:n}=this,r={root:n?.schema??{},id:`a${n?.id??0}`,errors:new Map,changed:()=>this.requestUpdate()};return a`<p>
        <strong>${e.question||a`It asks for ${e.missing.join(", ")}${e.operation?a` of <code>${e.operation}</code>`:d}.`}</strong>
      </p>
      ${n?a`<form @submit=${this.send}>
            ${O(n.parts,r)}
            <p><button class="primary small" ?disabled=${this.sent}>Send</button></p>
          </form>`:d}`}};customElements.define("nis-asked",Wt);var Nr={chat:"M4 5.5h12v8H9l-3.5 3v-3H4z",explore:"M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M13.2 13.2l3.6 3.6",runs:"M3.5 5.5h2M3.5 10h2M3.5 14.5h2M8.5 5.5h8M8.5 10h8M8.5 14.5h5",copy:"M7 7h8.5v9.5H7zM4.5 13V3.5H13",check:"M4.5 10.5l3.5 3.5l7.5-8",plus:"M10 4v12M4 10h12",more:"M5 10h.01M10 10h.01M15 10h.01",sun:"M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",moon:"M15.5 12A6.5 6.5 0 0 1 8 4.5a6.2 6.2 0 1 0 7.5 7.5",auto:"M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 3.5v13M10 7h4.5M10 10h6M10 13h4.5",book:"M4 4.5c2.5-.8 4.5-.5 6 .7c1.5-1.2 3.5-1.5 6-.7v11c-2.5-.8-4.5-.5-6 .7c-1.5-1.2-3.5-1.5-6-.7zM10 5.2v11",again:"M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4",branch:"M6 4v12M6 12c0-3 8-2 8-6M14 6a1.6 1.6 0 1 1 .01 0M6 16.5a.1.1 0 1 1 .01 0",up:"M6.5 9.5v7h-3v-7zM6.5 9.5l3-6c1.5 0 2 1 1.7 2.5L10.8 8h4.7l-1.2 8H6.5",down:"M13.5 10.5v-7h3v7zM13.5 10.5l-3 6c-1.5 0-2-1-1.7-2.5l.4-2H4.5l1.2-8h7.8",edit:"M4 16l1-4l8.5-8.5l3 3L8 15z",trash:"M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",menu:"M3.5 6h13M3.5 10h13M3.5 14h13",close:"M5 5l10 10M15 5L5 15",left:"M12 4l-6 6l6 6",right:"M8 4l6 6l-6 6",send:"M10 16V4.5M5 9l5-5l5 5",arrow:"M10 4.5v11M5 10.5l5 5l5-5",key:"M12.5 4a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 10l-6 6M6 14l2 2",stop:"M6 6h8v8H6z",play:"M6.5 4.5l9 5.5l-9 5.5z",link:"M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4l-2 2"},$=t=>a`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${j`<path d=${Nr[t]}></path>`}</svg>`;var Kt=class extends g{static{this.properties={text:{attribute:!1},label:{},done:{state:!0}}}constructor(){super(),this.label="Copy",this.done=!1}render(){return a`<button type="button" class="ghost" aria-label=${this.label} title=${this.label} @click=${()=>{this.copy()}}>
      ${$(this.done?"check":"copy")}<span class="hidden" role="status">${this.done?"copied":""}</span>
    </button>`}async copy(){let s=typeof this.text=="string"?this.text:this.text();try{await navigator.clipboard.writeText(s)}catch{let e=document.createElement("textarea");e.value=s,document.body.append(e),e.select(),document.execCommand("copy"),e.remove()}this.done=!0,setTimeout(()=>this.done=!1,1500)}};customElements.define("nis-copy",Kt);var Ur=100,zt=null;function $n(){return zt??=y(`/feedback?limit=${Ur}`).then(({feedback:t})=>new Map(t.map(s=>[s.run_id,s])),()=>(zt=null,new Map)),zt}var Jt=class extends g{static{this.properties={runId:{attribute:!1},mine:{state:!0},asks:{state:!0},said:{state:!0}}}constructor(){super(),[this.mine,this.asks,this.said]=[null,!1,""]}willUpdate(s){if(!s.has("runId"))return;let{runId:e}=this;[this.mine,this.asks,this.said]=[null,!1,""],$n().then(n=>{e===this.runId&&(this.mine=n.get(e)??null)})}async rate(s){let{mine:e}=this;if(e?.rating===s)return this.change(()=>A(this.path,{method:"DELETE"}).then(()=>null));let n=e?{rating:s}:{run_id:this.runId,rating:s};await this.change(()=>this.put(e?"PATCH":"POST",n)),this.asks=this.mine!==null,await this.updateComplete,this.querySelector("input")?.focus()}async comment(s){this.asks=!1,s.trim()&&await this.change(()=>this.put("PATCH",{comment:s.trim()})),this.mine&&(this.said="Thank you.")}get path(){return`/feedback/${encodeURIComponent(this.mine.id)}`}put(s,e){return y(s==="POST"?"/feedback":this.path,M(s,e))}async change(s){let e=await $n();try{[this.mine,this.said,this.asks]=[await s(),"",!1],this.mine?e.set(this.runId,this.mine):e.delete(this.runId)}catch(n){this.said=k(n).detail}}render(){return a`${this.thumb("good","A good answer")}${this.thumb("bad","A bad answer")}
      ${this.asks?a`<form
            class="word"
            @submit=${s=>{s.preventDefault(),this.comment(s.currentTarget.querySelector("input").value)}}
          >
            <input aria-label="Why?" placeholder="Why? (as you like)" maxlength="4000" .value=${this.mine?.comment??""} />
            <button class="small">Say</button>
          </form>`:d}
      <span role="status">${this.said}</span>`}thumb(s,e){return a`<button
      class="ghost" aria-label=${e} title=${e} aria-pressed=${this.mine?.rating===s} @click=${()=>{this.rate(s)}}
    >${$(s==="good"?"up":"down")}</button>`}};customElements.define("nis-feedback",Jt);var Hr=3;function Yt(t){for(let s=t?.closest("details");s;s=s.parentElement?.closest("details"))s.open=!0}var Qt={capture:!0,handleEvent:t=>Yt(t.target)},Gt=class extends g{constructor(){super(...arguments);this.plain=new Set;this.submit=e=>{if(e.preventDefault(),this.disabled)return;let n={},r=[];for(let o of this.root.parts){let l=H(o);if(l===void 0||bn(l,o.schema.default))continue;n[o.name]=l;let{unit:c}=o.schema;r.push(`${R(o.name)} ${typeof l=="number"?v(l):se(l)}${c?` ${c}`:""}`)}let i={message:`Run ${this.form.operation}: ${r.join(", ")||"as it is"}`,operation:this.form.operation,arguments:n};this.dispatchEvent(new CustomEvent("call",{detail:i,bubbles:!0,composed:!0}))}}static{this.properties={form:{attribute:!1},asks:{type:Boolean},disabled:{type:Boolean}}}willUpdate(e){if(!e.has("form")||e.get("form")===this.form)return;let{request_schema:n,values:r,missing:i}=this.form;this.root=pe({...n,required:[...n.required??[],...i]},r),this.plain=new Set(this.root.parts.filter(o=>!o.required&&bn(H(o)??o.schema.default??null,o.schema.default??null)))}render(){let{form:e,root:n}=this,r=n.parts.filter(u=>this.plain.has(u)),i=r.length>=Hr&&r.length<n.parts.length,o=i?n.parts.filter(u=>!r.includes(u)):n.parts,l={root:e.request_schema,id:`f${n.id}`,errors:new Map,changed:()=>this.requestUpdate()},c=a`<form @submit=${this.submit} @invalid=${Qt}>
      ${O(o,l)}
      ${i?a`<details class="more"><summary>${r.length} more, as by default</summary>${O(r,l)}</details>`:d}
      <button class="primary" ?disabled=${this.disabled}>Run</button>
    </form>`;return e.missing.length&&this.asks?a`<section class="form asked"><h3>${e.title}</h3>${c}</section>`:a`<details class="form"><summary>${e.title}</summary>${c}</details>`}},bn=(t,s)=>JSON.stringify(t)===JSON.stringify(s);customElements.define("nis-form",Gt);function xe(t){let[s="",e=""]=t.replace(/^#\/?/,"").split("?",2),[n,...r]=s.split("/"),i=new URLSearchParams(e),o=Dr(r.join("/"));return n==="explore"&&o?{page:"operation",name:o,input:Fr(i.get("input"))}:n==="explore"?{page:n,query:i.get("q")??"",family:i.get("family")??""}:n==="runs"&&o?{page:"run",id:o}:n==="runs"?{page:n,state:i.get("state")??""}:{page:"chat",id:n==="chat"&&o?o:null}}function w(t){let s=e=>encodeURIComponent(e);switch(t.page){case"chat":return t.id===null?"#/":`#/chat/${s(t.id)}`;case"explore":return`#/explore${Xt({q:t.query,family:t.family})}`;case"operation":return`#/explore/${s(t.name)}${Xt({input:t.input?JSON.stringify(t.input):""})}`;case"runs":return`#/runs${Xt({state:t.state})}`;case"run":return`#/runs/${s(t.id)}`}}var _e=t=>{location.hash=w(t)},P=(t,s=null)=>w({page:"operation",name:t,input:s}),dt=t=>history.replaceState(null,"",w(t));function Xt(t){let s=Object.entries(t).filter(([,e])=>e);return s.length?`?${new URLSearchParams(s)}`:""}function Dr(t){try{return decodeURIComponent(t)}catch{return t}}function Fr(t){try{let s=JSON.parse(t??"null");return typeof s=="object"&&!Array.isArray(s)?s:null}catch{return null}}var q=new EventTarget,pt={state:"ok"},Y=()=>pt;function ut(t){pt=t,q.dispatchEvent(new Event("change"))}function Te(t){t!==null?ut({state:"waiting",seconds:t/1e3}):pt.state!=="ok"&&ut({state:"ok"})}function De(){ut({state:"lost"}),setTimeout(()=>{pt.state==="lost"&&fetch("/health",{cache:"no-store"}).then(()=>ut({state:"ok"}),De)},3e3)}function F(t){return t instanceof E||De(),k(t)}addEventListener("offline",De);var Se=class{constructor(){this.state="queued";this.attempt=0;this.open=null}hear(s){switch(s.type){case"started":[this.state,this.attempt,this.open]=["running",s.attempt,null];break;case"released":this.state=s.reason==="shutdown"?"queued":s.reason;break;case"approval_required":case"input_required":s.call_id&&(this.open=s),this.state==="queued"&&(this.state="waiting");break;case"approved":case"rejected":case"input_provided":case"retry_scheduled":[this.state,this.open]=["queued",null];break;case"pause_requested":this.state!=="running"&&(this.state="paused");break;case"resume_requested":this.state=this.open?"waiting":"queued";break;case"succeeded":case"failed":case"cancelled":this.state=s.type}}get asked(){return this.state==="waiting"?this.open:null}get ended(){return G.includes(this.state)}};function Ee(t,s=null){let e={question:t,call:s,take:n=>Vr(e,n),runId:null,seq:0,state:"sending",standing:new Se,steps:new Map,stored:null,calls:[],views:[],model:null,tokens:null,progress:null,notes:[],problem:null,conversationId:null,answers:[]};return e}var me=t=>G.includes(t.state);function Fe(t){return[...t.steps].sort(([e],[n])=>e-n).map(([,e])=>e).filter(e=>e.trim()).join(`

`)||t.stored||""}function vn(t){let s=Fe(t);return t.views.filter(e=>e.kind!=="text"||!s.includes(e.text.trim()))}function Vr(t,s){t.state==="sending"&&(t.state="running");let e=s.body;switch(t.standing.hear(e),e.type){case"text_delta":t.steps.set(e.step,(t.steps.get(e.step)??"")+e.text);break;case"step_retried":t.steps.delete(e.step),t.notes.push(`The answer was cut off and began again. ${e.reason}`);break;case"model_called":t.model={provider:e.provider,model:e.model,demonstration:t.model?.demonstration??!1};break;case"tool_called":t.calls.push({id:e.call_id,operation:e.operation,arguments:e.arguments,state:"running",chosen:t.model!==null});break;case"tool_answered":{t.progress=null;let n=t.calls.find(r=>r.id===e.call_id);n&&(n.state=e.problem?"failed":"done",e.problem&&(n.problem=e.problem));break}case"progress":t.progress={fraction:e.fraction,message:e.message};break;case"surface":t.views.push(...e.views);break;case"warning":t.notes.push(e.message);break;case"succeeded":Br(t,e.result);break;case"failed":t.state="failed",t.problem=e.problem;break;case"cancelled":t.state="cancelled";break;case"started":case"reasoning_delta":case"model_answered":case"input_required":case"approval_required":case"noted":case"artifact":case"cancel_requested":case"pause_requested":case"resume_requested":case"approved":case"rejected":case"input_provided":case"retry_scheduled":case"released":break;default:}if(me(t)){t.progress=null;for(let n of t.calls)n.state==="running"&&(n.state="failed")}}function Br(t,s){t.state="succeeded",t.stored=s.response,t.conversationId=s.conversation_id,t.tokens=s.tokens_used??null,t.model={provider:s.provider,model:s.model,demonstration:s.demonstration??!1},t.views.length||(t.views=s.views??[])}var Wr=240;function wn(t,s,e,n){let r=!me(t),i=Fe(t);return a`<article class="turn" aria-busy=${r}>
    ${t.question.length>Wr?a`<h2 class="long" dir="auto" tabindex="0">${t.question}</h2>`:a`<h2 dir="auto">${t.question}</h2>`}
    ${ee([t.seq,t.state],()=>t.calls.map(o=>Kr(o,t.views,i)))}
    ${ee([i],()=>i?a`<div class="prose" dir="auto">${C(i)}</div>`:d)}
    ${ee([t.views.length,i,e,s],()=>vn(t).map((o,l,c)=>Gr(o,l>0||Jr(o,c),s,e)))}
    ${t.notes.map(o=>a`<p class="note">${o}</p>`)}
    ${r?Yr(t):d} ${t.problem?x(t.problem,n.retry):d}
    ${t.state==="cancelled"?a`<p class="note">Stopped.</p>`:d}
    ${r?d:Qr(t,n)}
  </article>`}function Kr(t,s,e){let n=Object.entries(t.arguments),r=s.find(c=>c.kind==="form"&&c.operation===t.operation),i=c=>{let u=r?.request_schema.properties?.[c];return u?ve(u,r.request_schema).unit??"":""},o={running:"computing",done:"computed",failed:"not computed"}[t.state],l=t.problem&&!e.includes(t.problem.detail)?t.problem:null;return a`<details class="call" ?open=${t.chosen||l!==null}>
    <summary><span class="state ${t.state}">${o}</span> <code>${t.operation}</code></summary>
    ${n.length?a`<dl>
          ${n.map(([c,u])=>a`<div><dt>${R(c)}</dt><dd>${zr(u)} ${i(c)}</dd></div>`)}
        </dl>`:a`<p class="hint">Without arguments.</p>`}
    ${l?a`<p class="bad">${l.detail} ${l.remedy??""}</p>`:d}
    <p class="hint"><a href=${P(t.operation,t.arguments)}>Open it in Explore</a></p>
  </details>`}function zr(t){if(typeof t=="number")return v(t);let s=typeof t=="string"?t:JSON.stringify(t);return s.length>200?`${s.slice(0,199)}…`:s}function Jr(t,s){if(t.kind!=="table")return!1;let e=s.flatMap(r=>r.kind==="form"?Object.keys(r.request_schema.properties??{}):[]),n=new Set(e.map(R));return t.rows.every(([r])=>n.has(r))}function Gr(t,s,e,n){return t.kind==="form"?a`<nis-form .form=${t} ?asks=${e} ?disabled=${n}></nis-form>`:t.kind==="table"&&s?a`<details class="aside"><summary>${t.title}</summary>${He(t)}</details>`:ke(t)}function Yr(t){let{progress:s,runId:e}=t,{asked:n,state:r}=t.standing;return Y().state!=="ok"?Zt("the server is out of reach; the answer goes on once it is back"):n&&e?a`<nis-asked .runId=${e} .asked=${n}></nis-asked>`:r==="paused"&&e?a`${Zt("paused")} <p><button class="small" @click=${()=>{D(e,"resume").catch(()=>{})}}>Go on</button></p>`:s?a`<p class="waiting">
      <progress max="1" .value=${s.fraction} aria-label="Progress"></progress> ${s.message}
    </p>`:Zt(Fe(t)?"answering":"thinking")}var Zt=t=>a`<p class="waiting"><span class="pulse"></span><span class="quiet">${t}</span></p>`;function Qr(t,{retry:s,branch:e,turnTo:n,rates:r}){return!t.model&&!t.runId?d:a`<footer>
    <span class="acts">
      ${t.state==="succeeded"?a`<nis-copy .text=${()=>Fe(t)} label="Copy the answer"></nis-copy>`:d}
      ${s&&!t.problem?.retryable?yn("again","Answer again",s):d} ${e?yn("branch","Go on from here in another conversation",e):d}
      ${r&&t.state==="succeeded"&&t.runId?a`<nis-feedback .runId=${t.runId}></nis-feedback>`:d}
      ${t.answers.length>1?Xr(t,n):d}
    </span>
    ${t.model?a`<span>${t.model.provider} · ${t.model.model}</span>`:d}
    ${t.model?.demonstration?a`<span class="badge" title="It is too small to be relied on.">demonstration model</span>`:d}
    ${t.tokens?a`<span>${t.tokens} tokens</span>`:d}
    ${t.runId?a`<a class="run id" href=${w({page:"run",id:t.runId})} title="The run's events">${t.runId}</a>`:d}
  </footer>`}var yn=(t,s,e)=>a`<button class="ghost" aria-label=${s} title=${s} @click=${e}>${$(t)}</button>`;function Xr(t,s){let e=t.answers.indexOf(t.runId),n=(r,i,o)=>a`<button class="ghost" aria-label=${i} title=${i} ?disabled=${!o} @click=${()=>s(o)}>${$(r)}</button>`;return a`${n("left","The answer before",t.answers[e-1])}<span>${e+1} of ${t.answers.length}</span>${n("right","The answer after",t.answers[e+1])}`}var es=null;function B(){return es??=y("/operations").then(({operations:t})=>t.map(Zr),t=>{throw es=null,t}),es}function Zr({id:t,routes:s,...e}){let[n="POST",r=""]=(s[0]??"").split(" ");return{...e,name:t,method:n,path:r}}var ts=new Map;function kn(t){let s=ts.get(t)??y(`/operations/${encodeURIComponent(t)}`);return ts.set(t,s),s.catch(()=>ts.delete(t)),s}var L=(t,s)=>t.find(e=>e.name===s)??null,V=t=>t.split(".")[0],Ve=t=>t.replace(".","-"),fe=(t,s)=>t.path.replace("{id}",encodeURIComponent(s));function ss(t){let s=new Map;for(let{name:e}of t)s.set(V(e),(s.get(V(e))??0)+1);return[...s].sort(([e],[n])=>e.localeCompare(n))}var ht=t=>t.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);function mt(t,s){let e=ht(s);return e.length?t.map(n=>({line:n,score:ei(n,e)})).filter(({score:n})=>n>0).sort((n,r)=>r.score-n.score||n.line.name.localeCompare(r.line.name)).map(({line:n})=>n):t}function ei(t,s){let e=[[ht(t.name),8],[ht(t.summary),3]],n=0;for(let r of s){let i=0;for(let[o,l]of e)o.includes(r)?i=Math.max(i,2*l):o.some(c=>c.startsWith(r))?i=Math.max(i,1.5*l):r.length>2&&o.some(c=>c.includes(r))&&(i=Math.max(i,l));if(!i)return 0;n+=i}return n}var ti=3;async function xn(t,s){if(ht(t).length<ti)return[];let e={...M("POST",{query:t,limit:8}),signal:s};return(await y("/operations/search-operations",e)).operations.map(r=>r.id)}var ns=class extends g{constructor(){super();this.model="";this.input=de();[this.busy,this.below,this.models]=[!1,!1,null]}static{this.properties={busy:{type:Boolean},below:{type:Boolean},models:{attribute:!1}}}focus(){this.input.value?.focus()}send(e){e.preventDefault();let n=this.input.value,r=n.value.trim();this.busy||!r||(n.value="",this.dispatchEvent(new CustomEvent("say",{detail:r})))}render(){return a`<form class="composer" @submit=${e=>this.send(e)}>
      ${this.below?a`<button type="button" class="down" aria-label="To the end" @click=${()=>scrollTo({top:document.documentElement.scrollHeight})}>
            ${$("arrow")}
          </button>`:d}
      <div class="box">
        <label class="hidden" for="message">Message</label>
        <textarea
          id="message" dir="auto" rows="1" maxlength="100000" placeholder="Ask something" autofocus ${ue(this.input)}
          @keydown=${e=>{e.key==="Enter"&&!e.shiftKey&&!e.isComposing&&this.send(e)}}
        ></textarea>
        ${this.modelLine()}
        ${this.busy?a`<button type="button" class="round stop" aria-label="Stop" title="Stop" @click=${()=>this.dispatchEvent(new Event("stop"))}>
              ${$("stop")}
            </button>`:a`<button class="round primary" aria-label="Send" title="Send">${$("send")}</button>`}
      </div>
    </form>`}modelLine(){let e=this.models?.models??[],n=r=>`${r.provider} · ${r.name}${r.demonstration?" (demonstration model)":""}`;return e.length<2?a`<p class="model">${e[0]?n(e[0]):d}</p>`:a`<p class="model">
      <label class="hidden" for="model">Model</label>
      <select id="model" @change=${r=>this.model=r.target.value}>
        <option value="">Model as set up</option>
        ${e.map(r=>a`<option value=${r.id}>${n(r)}</option>`)}
      </select>
    </p>`}};customElements.define("nis-composer",ns);var Tn=new EventTarget,ft=()=>{Tn.dispatchEvent(new Event("change"))},_n=30,si=8,rs=class extends g{static{this.properties={lines:{state:!0},query:{state:!0},hits:{state:!0},more:{state:!0},can:{state:!0},renaming:{state:!0},asking:{state:!0}}}constructor(){super(),this.lines=[],this.query="",this.hits=null,this.more=null,this.can={rename:null,delete:null,search:null},this.renaming=null,this.asking=null}connectedCallback(){super.connectedCallback(),Tn.addEventListener("change",()=>{this.load()}),addEventListener("hashchange",()=>this.requestUpdate()),this.load(),B().then(s=>{let e=n=>L(s,`conversations.${n}`);this.can={rename:e("update_conversation"),delete:e("delete_conversation"),search:e("search_conversations")}},()=>{})}async load(s=null){try{let e=await y(`/conversations?limit=${_n}${s?`&cursor=${encodeURIComponent(s)}`:""}`);this.lines=s?[...this.lines,...e.conversations]:e.conversations,this.more=e.next_cursor??null}catch{}}async search(s){this.query=s;let{search:e}=this.can;if(this.hits=null,!(!s.trim()||!e))try{let n=await y(e.path,M("POST",{query:s,limit:_n})),r=new Map(n.matches.toReversed().map(i=>[i.conversation_id,i]));this.query===s&&(this.hits=n.matches.filter(i=>r.get(i.conversation_id)===i))}catch{}}async name(s,e){this.renaming=null,e.trim()&&await this.change(this.can.rename,s,{title:e.trim()})}async forget(s){this.asking=null,await this.change(this.can.delete,s);let e=xe(location.hash);e.page==="chat"&&e.id===s&&_e({page:"chat",id:null})}async change(s,e,n){try{await A(fe(s,e),n?M(s.method,n):{method:s.method})}finally{await this.load()}}render(){if(!this.lines.length&&!this.query)return d;let s=xe(location.hash),e=s.page==="chat"?s.id:null,n=this.query.toLowerCase(),r=this.lines.filter(i=>i.title.toLowerCase().includes(n));return a`<section class="conversations" aria-labelledby="conversations-title">
      <h2 id="conversations-title">Conversations</h2>
      ${this.lines.length>=si||this.query?a`<input
            type="search"
            placeholder="Search"
            aria-label="Search conversations"
            @input=${i=>{let o=i.target.value;clearTimeout(this.typed),this.typed=setTimeout(()=>{this.search(o)},150)}}
          />`:d}
      <ul>
        ${this.hits?this.hits.map(i=>ni(i)):r.map(i=>this.line(i,i.id===e))}
      </ul>
      ${this.query&&!(this.hits??r).length?a`<p class="empty">Nowhere was that said.</p>`:d}
      ${this.more&&!this.query?a`<button class="plain small" @click=${()=>{this.load(this.more)}}>Earlier ones</button>`:d}
    </section>`}line(s,e){return this.renaming===s.id?a`<li>
        <input
          class="rename"
          aria-label="Name of the conversation"
          .value=${s.title}
          autofocus
          maxlength="200"
          @keydown=${n=>{n.key==="Enter"&&this.name(s.id,n.target.value),n.key==="Escape"&&(this.renaming=null)}}
          @blur=${n=>this.renaming===s.id&&void this.name(s.id,n.target.value)}
        />
      </li>`:this.asking===s.id?a`<li class="asking">
        <span>Delete it?</span>
        <button class="small danger" @click=${()=>{this.forget(s.id)}}>Delete</button>
        <button class="small" @click=${()=>this.asking=null}>Keep</button>
      </li>`:a`<li>
      <a href=${w({page:"chat",id:s.id})} aria-current=${e?"page":d} title=${s.title}>${s.title||"untitled"}</a>
      ${this.can.rename?a`<button class="ghost" aria-label="Rename ${s.title}" title="Rename" @click=${()=>this.rename(s.id)}>${$("edit")}</button>`:d}
      ${this.can.delete?a`<button class="ghost" aria-label="Delete ${s.title}" title="Delete" @click=${()=>this.asking=s.id}>${$("trash")}</button>`:d}
    </li>`}rename(s){this.renaming=s,this.updateComplete.then(()=>this.querySelector(".rename")?.select())}};function ni(t){let s=[],e=0;for(let[n,r]of t.marks)s.push(t.snippet.slice(e,n),a`<mark>${t.snippet.slice(n,r)}</mark>`),e=r;return s.push(t.snippet.slice(e)),a`<li class="match">
    <a href=${w({page:"chat",id:t.conversation_id})}>${t.title||"untitled"}<span>${s}</span></a>
  </li>`}customElements.define("nis-conversations",rs);var Sn=500,ri=1e4;async function Be(t,s,e,n){let r=await A(t,{...M("POST",s,{Accept:"text/event-stream"}),signal:n.signal});e.runId=r.headers.get("Location")?.match(/\/runs\/([^/]+)$/)?.[1]??null,n.waiting(null),n.changed();let i=!1;try{i=await En(e,r,n)}catch(o){if(Rn(o,n))throw o}i||await Re(e,n)}async function Re(t,s){if(t.runId===null)throw new TypeError("the connection was lost before the run had its number");let e=Sn;for(;;){let n=t.seq;try{let r=await A(`/runs/${encodeURIComponent(t.runId)}/events`,{headers:{Accept:"text/event-stream","Last-Event-ID":String(t.seq)},signal:s.signal});if(s.waiting(null),await En(t,r,s))return}catch(r){if(Rn(r,s))throw r}e=t.seq>n?Sn:Math.min(2*e,ri),s.waiting(e),await ii(e,s.signal)}}async function En(t,s,e){for await(let n of ct(s)){if(n.event==="closing")return!1;if(n.event==="error")throw new E(JSON.parse(n.data),0);let r=JSON.parse(n.data);if(!(r.seq<=t.seq)&&(t.seq=r.seq,t.runId=r.run_id,t.take(r),e.changed(),G.includes(r.body.type)))return!0}return!1}function Rn(t,s){return s.signal.aborted?!0:t instanceof E?!(t.problem.retryable??t.status>=502):!(t instanceof TypeError||t instanceof DOMException&&t.name==="NetworkError")}function ii(t,s){return new Promise(e=>{let n=()=>{clearTimeout(r),removeEventListener("online",n),s.removeEventListener("abort",n),e()},r=setTimeout(n,t);addEventListener("online",n),s.addEventListener("abort",n)})}function Ae(t){let s=!1;return()=>{s||(s=!0,requestAnimationFrame(()=>{s=!1,t()}))}}var oi=[["Fly a ball","How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"],["Swing a pendulum","What is the period of a pendulum 1.2 m long, released at 60 degrees?"],["Convert units","Convert 65 miles per hour to m/s"],["Look up a constant","What is the Planck constant?"]];function An(t,s,e){return a`<section class="welcome">
    <h1>Ask for a number, get one that was computed.</h1>
    <p>
      A model talks; what can be computed is computed, and comes with its method, its error and the arguments
      used.${t?a` Or <a href="#/explore">explore all ${t} operations</a>.`:d}
    </p>
    <ul>
      ${oi.map(([n,r])=>a`<li>
          <button @click=${i=>e(r,i)}><strong>${n}</strong><span>${r}</span></button>
        </li>`)}
    </ul>
    ${s&&!s.models.length?a`<div class="failure">
          <p><strong>No model can be asked.</strong> What is computed does not need one.</p>
          ${s.unavailable.map(n=>a`<p>${n.provider}: ${n.reason} <span class="remedy">${n.remedy}</span></p>`)}
        </div>`:d}
  </section>`}var is=class extends g{constructor(){super();this.opened=null;this.reading=new AbortController;this.composer=de();this.sticks=!0;this.paint=Ae(()=>this.requestUpdate());this.grown=new ResizeObserver(()=>{this.measure()});this.scrolled=()=>{this.sticks=this.measure()<80};this.again=()=>{this.conversationId===null&&this.turns.length&&w({page:"chat",id:null})===location.hash&&this.open(null)};this.conversationId=null,this.turns=[],this.loading=!1,this.models=null,this.trouble=null,this.lines=[],this.below=!1}static{this.properties={conversationId:{attribute:!1},turns:{state:!0},loading:{state:!0},models:{state:!0},trouble:{state:!0},lines:{state:!0},below:{state:!0}}}connectedCallback(){super.connectedCallback(),this.grown.observe(this),addEventListener("scroll",this.scrolled),addEventListener("hashchange",this.again),q.addEventListener("change",this.paint),this.listModels(),B().then(e=>this.lines=e,()=>{})}disconnectedCallback(){super.disconnectedCallback(),this.grown.disconnect(),removeEventListener("scroll",this.scrolled),removeEventListener("hashchange",this.again),q.removeEventListener("change",this.paint),this.reading.abort()}measure(){let e=document.documentElement.scrollHeight-innerHeight-scrollY;return this.below=e>400,e}willUpdate(e){e.has("conversationId")&&(this.conversationId!==this.opened||!this.hasUpdated)&&this.open(this.conversationId)}async listModels(){try{this.models=await y("/models")}catch(e){e instanceof E||De()}}get busy(){return this.turns.some(e=>!me(e))}get model(){let e=this.composer.value?.model;return e?{model:e}:{}}get watcher(){return{changed:this.paint,waiting:Te,signal:this.reading.signal}}async open(e){if(this.reading.abort(),this.reading=new AbortController,this.turns=[],this.trouble=null,this.opened=e,e===null)return void this.composer.value?.focus();let n=this.watcher;this.loading=!0;try{let r=await y(`/conversations/${encodeURIComponent(e)}`,{signal:n.signal});this.turns=r.turns.map(i=>{let o=Ee(i.message);return o.runId=i.run_id,o.stored=i.response,o.views=i.views,o.problem=i.problem??null,o.answers=[...i.alternatives??[],i.run_id].sort(),o.state=["queued","paused","waiting"].includes(i.state)?"running":i.state,o}),this.sticks=!0}catch(r){if(n.signal.aborted)return;this.trouble=F(r)}finally{n.signal.aborted||(this.loading=!1)}for(let r of this.turns.toReversed())await this.replay(r,n)}async replay(e,n){let r=Ee(e.question);r.runId=e.runId,r.answers=e.answers;let i=!me(e);i&&this.swap(e,r);try{await Re(r,n),i||this.swap(e,r)}catch(o){i&&this.fail(r,o,n.signal)}}named(e){this.opened=e,ft(),this.isConnected&&(dt({page:"chat",id:e}),this.conversationId=e)}async say(e,n=null){if(this.busy||!e.trim())return;let r=Ee(e,n);this.turns=[...this.turns,r],this.sticks=!0;let i=this.watcher,o=this.opened,l={message:e,genui_enabled:!1,...o===null?{}:{conversation_id:o},...this.model,...n?{call:{operation:n.operation,arguments:n.arguments}}:{}},c=o!==null,u=()=>{i.changed(),!(c||r.runId===null)&&(c=!0,this.nameAfter(r,i))};try{await Be("/chat",l,r,{...i,changed:u})}catch(m){this.fail(r,m,i.signal)}this.requestUpdate()}async nameAfter(e,n){try{let r=await y(`/runs/${encodeURIComponent(e.runId)}`,{signal:n.signal});r.conversation_id!==null&&!n.signal.aborted&&this.named(r.conversation_id)}catch{e.conversationId!==null&&this.named(e.conversationId)}}fail(e,n,r){r.aborted&&e.runId===null&&(e.state="cancelled"),!r.aborted&&(e.state="failed",e.problem=F(n))}async stop(){let e=this.turns.find(n=>!me(n));if(e){if(e.runId===null){this.reading.abort(),this.reading=new AbortController;return}try{await D(e.runId,"cancel")}catch(n){e.notes.push(n instanceof E?n.problem.detail:"The server could not be told to stop."),this.requestUpdate()}}}async retry(e){let n=L(this.lines,"conversations.regenerate_answer");if(!n||!this.opened||!e.runId)return this.turns=this.turns.filter(u=>u!==e),this.say(e.question,e.call);let r=Ee(e.question,e.call);r.answers=e.answers.length?e.answers:[e.runId];let i=r.answers;this.swap(e,r);let o=this.watcher,l=()=>{r.runId!==null&&!r.answers.includes(r.runId)&&(r.answers=[...i,r.runId]),o.changed()},c={run_id:e.runId,...this.model};try{await Be(fe(n,this.opened),c,r,{...o,changed:l})}catch(u){this.fail(r,u,o.signal)}ft(),this.requestUpdate()}async turnTo(e,n){let r=Ee(e.question,e.call);[r.runId,r.answers]=[n,e.answers];let i=this.watcher;try{await Re(r,i),this.swap(e,r)}catch(o){i.signal.aborted||e.notes.push(k(o).detail),this.requestUpdate()}}async branch(e){let n=L(this.lines,"conversations.branch_conversation");try{let r=await y(fe(n,this.opened),M("POST",{run_id:e.runId}));ft(),_e({page:"chat",id:r.id})}catch(r){e.notes.push(k(r).detail),this.requestUpdate()}}swap(e,n){this.turns=this.turns.map(r=>r===e?n:r)}acts(e,n,r){let i=e.state==="succeeded"&&this.opened!==null&&L(this.lines,"conversations.branch_conversation"),o=L(this.lines,"conversations.regenerate_answer")!==null||e.state!=="succeeded";return{...n&&!r&&o?{retry:()=>{this.retry(e)}}:{},...i&&!r?{branch:()=>{this.branch(e)}}:{},turnTo:l=>{this.turnTo(e,l)},rates:L(this.lines,"feedback.create_feedback")!==null}}updated(){this.sticks&&this.keepInView()}keepInView(){let e=this.querySelector(".turn:last-child");if(!e)return;let n=Number.parseFloat(getComputedStyle(e).scrollMarginTop)||0,r=Math.min(e.getBoundingClientRect().top+scrollY-n,document.documentElement.scrollHeight-innerHeight);r>scrollY&&scrollTo({top:r})}render(){let e=this.busy,n=!this.turns.length&&!this.loading&&!this.trouble;return a`<div class="column chat ${n?"blank":""}">
      ${n?d:a`<h1 class="hidden">Conversation</h1>`}
      ${this.trouble?x(this.trouble):n?An(this.lines.length,this.models,(r,i)=>this.begin(r,i)):d}
      ${this.loading?a`<div class="skeleton" aria-label="Opening the conversation"><i></i><i></i><i></i></div>`:d}
      <div
        class="log"
        role="log"
        aria-label="Conversation"
        @call=${r=>{this.say(r.detail.message,r.detail)}}
      >
        ${this.turns.map((r,i)=>wn(r,i===this.turns.length-1,e,this.acts(r,i===this.turns.length-1,e)))}
      </div>
      <nis-composer
        ?busy=${e} ?below=${this.below} .models=${this.models} ${ue(this.composer)}
        @say=${r=>{this.say(r.detail)}} @stop=${()=>{this.stop()}}
      ></nis-composer>
    </div>`}begin(e,n){n.detail===0&&this.composer.value?.focus(),this.say(e)}};customElements.define("nis-chat",is);var ai=200,os=class extends g{constructor(){super();this.asking=new AbortController;this.press=e=>{let n={ArrowDown:1,ArrowUp:-1}[e.key],r=[...this.querySelectorAll(".cards a")],i=r.indexOf(document.activeElement);!n||i<0||(e.preventDefault(),(r[i+n]??this.querySelector("#find"))?.focus())};this.query="",this.family="",this.lines=null,this.meant=[],this.trouble=null}static{this.properties={query:{attribute:!1},family:{attribute:!1},lines:{state:!0},meant:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.load()}async load(){try{this.lines=await B(),this.trouble=null}catch(e){this.trouble=k(e)}}willUpdate(e){if(!e.has("query"))return;this.asking.abort(),this.meant=[],clearTimeout(this.timer);let{signal:n}=this.asking=new AbortController,{query:r}=this;this.timer=setTimeout(()=>{xn(r,n).then(i=>this.meant=i,()=>{})},ai)}firstUpdated(){matchMedia("(hover: hover)").matches&&this.querySelector("#find")?.focus({preventScroll:!0})}type(e){this.query=e,dt({page:"explore",query:e,family:this.family})}render(){let e=this.lines??[],n=this.family?e.filter(o=>V(o.name)===this.family):e,r=mt(n,this.query),i=this.meant.map(o=>L(n,o)).filter(o=>o!==null&&!r.includes(o));return a`<div class="column wide-column explore">
      <header class="head">
        <h1>Explore</h1>
        <p class="lede">${e.length||d} operations, each callable from here, over REST, MCP, A2A and the command line.</p>
      </header>
      <div class="finder">
        ${$("explore")}
        <label class="hidden" for="find">Find an operation</label>
        <input
          id="find" data-first type="search" placeholder="Find by name, or say what you want to do" autocomplete="off" spellcheck="false"
          .value=${this.query}
          @input=${o=>this.type(o.target.value)}
          @keydown=${o=>{o.key==="ArrowDown"&&this.querySelector(".cards a")?.focus(),o.key==="Enter"&&this.querySelector(".cards a")?.click(),(o.key==="ArrowDown"||o.key==="Enter")&&o.preventDefault()}}
        />
      </div>
      ${this.trouble?x(this.trouble,()=>{this.load()}):d}
      <nav class="families" aria-label="Families">${this.chips(e)}</nav>
      <p class="hidden" role="status">${this.query?`${r.length+i.length} found`:""}</p>
      <div @keydown=${this.press}>
        ${this.query?this.cards([...r,...i]):this.sections(r)}
      </div>
      ${this.lines&&this.query&&!r.length&&!i.length?a`<p class="empty">Nothing is called that. Say what you want to do in a few words, or <a href="#/">ask in the chat</a>.</p>`:d}
    </div>`}chips(e){return[["",e.length],...ss(e)].map(([r,i])=>a`<a
        class="chip" href=${w({page:"explore",query:this.query,family:r})} aria-current=${r===this.family?"true":d}
        >${r?R(r):"all"} <span>${i}</span></a
      >`)}sections(e){return ss(e).map(([n])=>a`<section>
        <h2>${R(n)}</h2>
        ${this.cards(e.filter(r=>V(r.name)===n))}
      </section>`)}cards(e){return a`<ul class="cards">
      ${e.map(n=>a`<li>
          <a href=${P(n.name)}>
            <span class="title"><code>${n.name}</code>${as(n)}</span>
            <span class="summary">${n.summary}</span>
          </a>
        </li>`)}
    </ul>`}};function as(t){let s={model:"",stream:"streams",run:"is a run"}[t.shape];return a`<span class="badges">
    <span class="badge ${t.effect}">${t.effect}</span>${s?a`<span class="badge">${s}</span>`:d}
  </span>`}customElements.define("nis-explore",os);var Mn=56,ls=6e4;function _(t,s="",e="  "){let n=s+e;if(Array.isArray(t))return t.length?t.every(r=>typeof r!="object"||r===null)?li(t.map(r=>JSON.stringify(r)),s,e):`[
${t.map(r=>n+_(r,n,e)).join(`,
`)}
${s}]`:"[]";if(typeof t=="object"&&t!==null){let r=Object.entries(t).filter(([,i])=>i!==void 0);return r.length?`{
${r.map(([i,o])=>`${n}${JSON.stringify(i)}: ${_(o,n,e)}`).join(`,
`)}
${s}}`:"{}"}return JSON.stringify(t)??"null"}function li(t,s,e){let n=`[${t.join(", ")}]`;if(n.length+s.length<=Mn)return n;let r=[""];for(let[i,o]of t.entries()){let l=i<t.length-1?`${o},`:o,c=r.at(-1);c&&c.length+l.length+1>Mn-s.length?r.push(l):r[r.length-1]=c?`${c} ${l}`:l}return`[
${r.map(i=>`${s}${e}${i}`).join(`
`)}
${s}]`}var ci=/("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;function Q(t){let s=t.length<=ls,e=s?t:t.slice(0,ls),n=[],r=0;for(let i of e.matchAll(ci)){n.push(e.slice(r,i.index)),r=i.index+i[0].length;let[,o,l,c,u]=i;o!==void 0&&l!==void 0?n.push(a`<span class="j-name">${o}</span>`,l):o!==void 0?n.push(a`<span class="j-text">${o}</span>`):n.push(a`<span class="j-value">${c??u}</span>`)}return n.push(e.slice(r)),a`<pre class="code-block" tabindex="0"><code>${n}</code></pre>
    ${s?"":a`<p class="note">The first ${ls.toLocaleString("en")} of ${t.length.toLocaleString("en")} characters. Copy takes all of it.</p>`}`}function Pn(t){let[,...s]=t.description.split(/\n\s*\n/),e=[["REST",t.routes.map(n=>a`<code>${n}</code> `)],["MCP tool",a`<code>${Ve(t.id)}</code>`],["Command line",a`<code>nis call ${t.id}</code>`],["Scopes",t.scopes.length?t.scopes.map(n=>a`<code>${n}</code> `):"none"],["Time limit",t.shape==="run"?"the run's own":`${t.time_limit} s`],["Runs in",t.pool?`the worker pool ${t.pool}`:"the server"]];return a`${s.length?a`<section class="about prose">${C(di(s.join(`

`)))}</section>`:d}
    <details class="panel">
      <summary>Where it is called</summary>
      <dl class="rows">${e.map(([n,r])=>a`<div><dt>${n}</dt><dd>${r}</dd></div>`)}</dl>
    </details>
    <details class="panel">
      <summary>What it answers</summary>
      ${ui(t.result_schema)}
    </details>`}function di(t){return t.replace(/^(Raises|Source|Note):\s*$/gm,`**$1**
`).replace(/^ {4,}(\w+): /gm,"- `$1`: ")}function ui(t){let s=Object.entries(t.properties??{});return s.length?a`<div class="wide" tabindex="0" role="region" aria-label="Fields of the result"><table>
    <tbody>
      ${s.map(([e,n])=>a`<tr>
          <th scope="row"><code>${e}</code></th>
          <td class="kind">${cs(n)}</td>
          <td>${n.unit?a`<span class="unit">${n.unit}</span> `:d}${n.description?S(n.description):d}</td>
        </tr>`)}
    </tbody>
  </table></div>`:Q(_(t))}function cs(t){let{$ref:s,anyOf:e,items:n,type:r,enum:i}=t;return s?s.replace("#/$defs/",""):i?i.map(o=>JSON.stringify(o)).join(", "):e?e.map(cs).join(" or "):r==="array"?`list of ${n?cs(n):"anything"}`:r??"anything"}var Cn=[{id:"curl",name:"curl",note:"",text:pi},{id:"python",name:"Python",note:"Standard library alone.",text:mi},{id:"mcp",name:"MCP",note:"The official client: pip install mcp",text:fi},{id:"mcp-json",name:"MCP JSON",note:"One request of the stateless protocol.",text:hi},{id:"socket",name:"WebSocket",note:"A2A over one socket: pip install websockets",text:gi,fits:t=>t.shape==="model"},{id:"cli",name:"Shell",note:"The server's own command line.",text:$i}];function We({line:t,given:s,origin:e}){let{id:n,...r}=s,i=t.path.includes("{id}");return{url:`${e}${fe(t,String(n??""))}`,rest:i?r:s,query:["GET","DELETE"].includes(t.method)}}var bt=t=>Object.entries(t).filter(([,s])=>s!=null).map(([s,e])=>[s,typeof e=="string"?e:JSON.stringify(e)]),gt=t=>/^[\w./:=@%+,-]+$/.test(t)?t:`'${t.replaceAll("'","'\\''")}'`,qn='-H "Authorization: Bearer $NIS_API_KEY"',Ln=t=>`-d '${_(t).replaceAll("'","'\\''")}'`,ds=t=>t.join(` \\
  `);function pi(t){let{url:s,rest:e,query:n}=We(t),{method:r,shape:i}=t.line,o=[`curl -sS${i==="stream"?"N":""}${["GET","POST"].includes(r)?"":` -X ${r}`} ${gt(s)}`];if(t.keyed&&o.push(qn),i==="stream"&&o.push("-H 'Accept: text/event-stream'"),!n)return ds([...o,"-H 'Content-Type: application/json'",Ln(e)]);let l=bt(e).map(([c,u])=>`--data-urlencode ${gt(`${c}=${u}`)}`);return ds(l.length?[...o,"-G",...l]:o)}function hi({line:t,given:s,origin:e,keyed:n}){let r=Ve(t.name),i="2026-07-28",o={"io.modelcontextprotocol/protocolVersion":i,"io.modelcontextprotocol/clientInfo":{name:"curl",version:"8"},"io.modelcontextprotocol/clientCapabilities":{}},l={"Content-Type":"application/json",Accept:"application/json, text/event-stream","MCP-Protocol-Version":i,"Mcp-Method":"tools/call","Mcp-Name":r};return ds([`curl -sS ${gt(`${e}/mcp`)}`,...n?[qn]:[],...Object.entries(l).map(([c,u])=>`-H '${c}: ${u}'`),Ln({jsonrpc:"2.0",id:1,method:"tools/call",params:{name:r,arguments:s,_meta:o}})])}function $t(t,s=""){return _(t,s,"    ").replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g,e=>({true:"True",false:"False",null:"None"})[e]??e.replace(/\\\//g,"/"))}function mi(t){let{url:s,rest:e,query:n}=We(t),r=t.line.shape==="stream",i=bt(e),o=[n?"":'"Content-Type": "application/json"',r?'"Accept": "text/event-stream"':"",t.keyed?'"Authorization": "Bearer " + os.environ["NIS_API_KEY"]':""].filter(Boolean),c=["json",t.keyed?"os":"",n&&i.length?"urllib.parse":"","urllib.request"].filter(Boolean).map(u=>`import ${u}`);return c.push(""),n&&i.length&&c.push(`query = urllib.parse.urlencode(${$t(Object.fromEntries(i.map(([u,m])=>[u,typeof e[u]=="number"?e[u]:m])))})`),c.push("request = urllib.request.Request("),c.push(n&&i.length?`    ${JSON.stringify(`${s}?`)} + query,`:`    ${JSON.stringify(s)},`),n||c.push(`    data=json.dumps(${$t(e,"    ")}).encode(),`),o.length&&c.push(`    headers={${o.join(", ")}},`),["GET","POST"].includes(t.line.method)||c.push(`    method=${JSON.stringify(t.line.method)},`),c.push(")"),c.push("with urllib.request.urlopen(request) as answer:"),r?c.push("    for line in answer:",'        if line.startswith(b"data: "):',"            print(json.loads(line[6:]))"):c.push("    print(json.dumps(json.load(answer), indent=2))"),c.join(`
`)}function fi({line:t,given:s,origin:e,keyed:n}){let r=JSON.stringify(`${e}/mcp?toolset=${V(t.name)}`),i=n?`
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
            ${JSON.stringify(Ve(t.name))},
            ${$t(s,"            ")},
        )
        print(json.dumps(result.structured_content, indent=2))


asyncio.run(main())`}function gi({line:t,given:s,origin:e,keyed:n}){let r=n?', additional_headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]}':"";return`import asyncio
import json
${n?`import os
`:""}import uuid

from websockets.asyncio.client import connect

message = {
    "messageId": str(uuid.uuid4()),
    "role": "ROLE_USER",
    "parts": [{"data": {"operation": ${JSON.stringify(t.name)}, "arguments": ${$t(s,"    ")}}}],
}


async def main():
    address = ${JSON.stringify(`${e.replace(/^http/,"ws")}/a2a`)}
    async with connect(address${r}) as socket:
        call = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
        await socket.send(json.dumps(call))
        print(json.dumps(json.loads(await socket.recv()), indent=2))


asyncio.run(main())`}function $i({line:t,given:s}){let e=Object.entries(s).map(([n,r])=>{let i=typeof r=="string"?r:JSON.stringify(r);return`--${n.replaceAll("_","-")} ${gt(i)}`});return[`nis call ${t.name}`,...e].join(` \\
  `)}function In(t,s,e,n){let r=Cn.filter(l=>l.fits?.(t)??!0),i=r.find(l=>l.id===e)??r[0],o=i.text({line:t,given:s,origin:location.origin,keyed:ne.get()!==null});return a`<section class="panel code" aria-labelledby="elsewhere">
    <div class="bar">
      <h2 id="elsewhere" class="hidden">The same call</h2>
      <div class="switch" role="group" aria-label="The same call in">
        ${r.map(l=>a`<button type="button" aria-pressed=${l===i} @click=${()=>n(l.id)}>${l.name}</button>`)}
      </div>
      <nis-copy .text=${o} label="Copy the ${i.name} call"></nis-copy>
    </div>
    <pre class="code-block" tabindex="0" data-snippet=${i.id}><code>${o}</code></pre>
    ${i.note?a`<p class="note">${i.note}</p>`:d}
    <p class="note"><a href=${P(t.name,s)}>A link to this call</a></p>
  </section>`}var re=class extends Se{constructor(e){super();this.runId=e;this.seq=0;this.events=[];this.views=[];this.result=void 0;this.problem=null;this.progress=null}take(e){this.events.push(e);let{body:n}=e;this.hear(n),n.type==="surface"?this.views=[...this.views,...n.views]:n.type==="progress"?this.progress={fraction:n.fraction,message:n.message}:n.type==="succeeded"?this.result=n.result:n.type==="failed"&&(this.problem=n.problem)}};var On="application/vnd.nis.views+json",jn=()=>({state:"running",took:null,result:void 0,views:[],items:[],log:null});async function Nn(t,s,e,n,r){let i=performance.now();try{t.shape==="run"?await yi(t,s,e,{changed:n,waiting:Te,signal:r}):t.shape==="stream"?await vi(t,s,e,n,r):await bi(t,s,e,r)}finally{e.took=performance.now()-i}}function Un(t,s,e,n){let r=We({line:t,given:s,origin:"",keyed:!1});if(!r.query)return A(r.url,{...M(t.method,r.rest,{Accept:e}),signal:n});let i=new URLSearchParams(bt(r.rest)).toString();return A(i?`${r.url}?${i}`:r.url,{method:t.method,headers:{Accept:e},signal:n})}async function bi(t,s,e,n){let r=await Un(t,s,`${On}, application/json;q=0.9, */*;q=0.1`,n);if((r.headers.get("Content-Type")??"").startsWith(On)){let o=await r.json();[e.result,e.views]=[o.result,o.views]}else e.result=await r.json();e.state="done"}async function vi(t,s,e,n,r){let i=await Un(t,s,"text/event-stream",r);for await(let o of ct(i)){if(o.event==="closing")break;let l=JSON.parse(o.data);if(o.event==="error")throw new E(l,0);e.items.push(l),wi(l)&&(e.log??=new re(l.run_id)).take(l),n()}e.result=e.items,e.state="done"}async function yi(t,s,e,n){let r=e.log=new re(null),i=We({line:t,given:s,origin:"",keyed:!1});if(await Be(i.url,i.rest,r,n),e.views=r.views,e.result=r.result,e.state={succeeded:"done",cancelled:"stopped"}[r.state]??"failed",r.problem)throw new E(r.problem,0)}function wi(t){let s=t;return typeof s.run_id=="string"&&typeof s.seq=="number"&&typeof s.body?.type=="string"}var Hn=400;function Ke(t){let s=ki(t),e=s.slice(-Hn),n=t[0]?.time??0;return a`${s.length>e.length?a`<p class="note">The last ${Hn} of ${s.length} entries.</p>`:d}
    <ol class="timeline">
      ${e.map(r=>a`<li class="${r.first.body.type} ${r.gone?"gone":""}">
          <span class="at" title=${new Date(r.first.time*1e3).toLocaleString()}>${U(r.first.time-n,2)}</span>
          <span class="seq">${r.first.seq===r.last.seq?r.first.seq:`${r.first.seq}–${r.last.seq}`}</span>
          <div class="what">${ee([r.first,r.last,r.gone],()=>xi(r))}</div>
        </li>`)}
    </ol>`}function ki(t){let s=[];for(let e of t){let{body:n}=e;if(n.type==="noted")continue;if(n.type==="step_retried")for(let l of s)l.gone||=us(l.first.body)&&l.first.body.step===n.step;let r=s.at(-1),i=us(n)?n.text:"";r&&us(n)&&r.first.body.type===n.type&&r.first.body.step===n.step?[r.last,r.text]=[e,r.text+i]:r?.first.body.type==="progress"&&n.type==="progress"?s[s.length-1]={...r,last:e}:s.push({first:e,last:e,text:i,gone:!1})}return s}var us=t=>t.type==="text_delta"||t.type==="reasoning_delta";function xi({first:t,last:s,text:e,gone:n}){let r=s.body;switch(r.type){case"started":return a`<strong>Started</strong> <a href=${P(r.operation)}><code>${r.operation}</code></a>${r.attempt>1?a` <span class="note">attempt ${r.attempt}</span>`:d}`;case"text_delta":return a`${n?a`<span class="note">Taken back:</span>`:d}<div class="prose said">${C(e)}</div>`;case"reasoning_delta":return a`<details><summary>${n?"Taken back: it thought":"Thought"}</summary><div class="prose">${C(e)}</div></details>`;case"model_called":return a`<strong>Model asked</strong> ${r.provider} · ${r.model}`;case"model_answered":return a`<strong>Model answered</strong> <span class="note">${[r.finish_reason,r.input_tokens?`${r.input_tokens} tokens in`:"",r.output_tokens?`${r.output_tokens} out`:""].filter(Boolean).join(" · ")}</span>`;case"tool_called":return a`<strong>Called</strong> <a href=${P(r.operation,r.arguments)}><code>${r.operation}</code></a>
        ${ge("Arguments",r.arguments)}`;case"tool_answered":return a`<strong>${r.problem?"Refused":"Answered"}</strong> <code>${r.operation}</code>
        ${r.problem?x(r.problem):ge("Result",r.result)}`;case"progress":return a`<strong>Progress</strong> <progress max="1" .value=${r.fraction} aria-label="Progress"></progress>
        <span class="note">${Math.round(100*r.fraction)} % ${r.message}</span>`;case"surface":return a`<strong>Shown</strong> ${r.views.map(ke)}`;case"input_required":return a`<strong>Asks</strong> for ${r.missing.join(", ")||"a choice"} ${r.operation?a`of <code>${r.operation}</code>`:d}
        <span class="note">${r.question}</span>`;case"approval_required":return a`<strong>Asks</strong> to be allowed <code>${r.operation}</code> <span class="note">${r.reason}</span>
        ${ge("Arguments",r.arguments)}`;case"noted":return a`<strong>Noted</strong> <code>${r.name}</code> ${ge("Value",r.value)}`;case"artifact":return a`<strong>Made</strong> ${r.name} <span class="note">${r.media_type} · ${r.size} bytes</span>`;case"step_retried":return a`<strong>Begun again</strong> <span class="note">step ${r.step}: ${r.reason}</span>`;case"warning":return a`<strong>Warning</strong> ${r.message}`;case"cancel_requested":return a`<strong>Told to stop</strong>`;case"pause_requested":return a`<strong>Told to pause</strong>`;case"resume_requested":return a`<strong>Told to go on</strong>`;case"approved":return a`<strong class="good">Approved</strong>`;case"rejected":return a`<strong class="bad">Rejected</strong> ${r.reason}`;case"input_provided":return a`<strong>Told</strong> ${ge("Values",r.values)}`;case"retry_scheduled":return a`<strong>To be tried again</strong> ${r.problem.detail?x(r.problem):d}`;case"released":return a`<strong>${{shutdown:"Handed over",paused:"Paused",waiting:"Waits"}[r.reason]}</strong>`;case"succeeded":return a`<strong class="good">Succeeded</strong> ${ge("Result",r.result)}`;case"failed":return a`<strong class="bad">Failed</strong> ${x(r.problem)}`;case"cancelled":return a`<strong>Stopped</strong>`;default:return a`<strong>${t.body.type}</strong> ${ge("Event",t.body)}`}}function ge(t,s){return a`<details><summary>${t}</summary>${Q(_(s))}</details>`}function Dn(t,s,e,n){if(!t)return a`<div class="bar"><h2>Result</h2></div>
      <p class="placeholder">Run it to see the result here${s.shape==="run"?", its events as they happen":s.shape==="stream"?", as it comes":""}.</p>`;let r=[["drawn","Drawn"],["json","JSON"],...t.log?[["events","Events"]]:[]],i=t.result!==void 0||t.items.length>0||t.log!==null;return a`<div class="bar">
      <h2>Result</h2>
      <span class="took ${t.state}" role="status">${_i(t)}</span>
      ${i?a`<div class="switch" role="group" aria-label="How to look at it">
              ${r.map(([o,l])=>a`<button type="button" aria-pressed=${o===e} @click=${()=>n(o)}>${l}</button>`)}
            </div>
            <nis-copy .text=${()=>_(ps(t))} label="Copy the result as JSON"></nis-copy>`:d}
    </div>
    ${i?Ti(t,e):t.state==="running"?a`<p class="waiting"><span class="pulse"></span> computing</p>`:d}
    ${t.log?.runId&&t.log.asked?a`<nis-asked .runId=${t.log.runId} .asked=${t.log.asked}></nis-asked>`:d}
    ${t.log?.runId?a`<p class="note">Run <a class="id" href=${w({page:"run",id:t.log.runId})}>${t.log.runId}</a></p>`:d}`}var _i=t=>t.state==="running"?t.items.length?`${t.items.length} so far`:"running":`${{done:"done",failed:"failed",stopped:"stopped"}[t.state]} · ${U((t.took??0)/1e3)}`,ps=t=>t.result??(t.log?t.log.events:t.items);function Ti(t,s){if(s==="json")return Q(_(ps(t)));if(s==="events"&&t.log)return Ke(t.log.events);if(t.log&&!t.views.length)return Ke(t.log.events);let e=cn(t.result);if(e)return a`<div class="views"><nis-text .file=${e}></nis-text></div>`;let n=t.views.filter(i=>i.kind!=="form"),r=Nt(t.result).map(i=>a`<nis-blob .blob=${i}></nis-blob>`);return n.length||r.length?a`<div class="views">${r}${n.map(ke)}</div>`:t.items.length?Si(t.items):Q(_(ps(t)))}function Si(t){let s=t.filter(o=>typeof o=="object"&&o!==null),e=s.map(o=>typeof o.text=="string"?o.text:"").join("");if(e)return a`<div class="prose" aria-live="polite">${C(e)}</div>`;let n=[...new Set(s.flatMap(o=>Object.keys(o)))],r=o=>typeof o=="number"||typeof o=="string"?o:JSON.stringify(o)??"",i={kind:"table",title:"Items",columns:n,rows:s.slice(-200).map(o=>n.map(l=>r(o[l])))};return He(i)}var hs=class extends g{constructor(){super();this.root=null;this.calling=new AbortController;this.paint=Ae(()=>this.requestUpdate());this.line=null,this.detail=null,this.trouble=null,this.outcome=null,this.refusal=null,this.json=null,this.tab="drawn",this.snippet="curl",this.example="",this.input=null}static{this.properties={name:{attribute:!1},input:{attribute:!1},line:{state:!0},detail:{state:!0},trouble:{state:!0},outcome:{state:!0},refusal:{state:!0},json:{state:!0},tab:{state:!0},snippet:{state:!0},example:{state:!0}}}disconnectedCallback(){super.disconnectedCallback(),this.calling.abort()}willUpdate(e){e.has("name")?this.open():e.has("input")&&this.detail&&(this.example="",this.fill(this.input??{}))}async open(){this.calling.abort(),[this.detail,this.line,this.trouble,this.outcome,this.refusal,this.json]=[null,null,null,null,null,null];let{name:e}=this;try{let[n,r]=await Promise.all([kn(e),B()]);if(e!==this.name)return;this.line=L(r,e),this.detail=n,this.example=!this.input&&n.examples.length?"0":"",this.fill(this.input??(n.examples[0]?Fn(n.examples[0]):{}))}catch(n){e===this.name&&(this.trouble=k(n))}}fill(e){this.root=pe(this.detail.request_schema,e),this.json!==null&&(this.json=_(e)),this.refusal=null,this.requestUpdate()}get given(){if(this.json===null)return this.root?H(this.root):{};try{let e=JSON.parse(this.json||"{}");return typeof e=="object"&&e!==null&&!Array.isArray(e)?e:null}catch{return null}}async call(e){e?.preventDefault();let{line:n,given:r}=this;if(!n||this.outcome?.state==="running")return;if(r===null){this.refusal={title:"not JSON",detail:"The request is not a JSON object.",remedy:"Mend it, or go back to the form."};return}let{signal:i}=this.calling=new AbortController,o=this.outcome=jn();this.refusal=null,this.tab=n.shape==="model"?this.tab==="events"?"drawn":this.tab:"drawn";try{await Nn(n,r,o,this.paint,i)}catch(l){o.state=i.aborted?"stopped":"failed",i.aborted||(this.refusal=F(l))}this.requestUpdate(),await this.updateComplete,this.reveal()}reveal(){let e=this.querySelector(".answer").getBoundingClientRect();!this.refusal&&(e.top>innerHeight-120||e.bottom<0)&&this.querySelector(".answer").scrollIntoView({block:"start"});let n=this.querySelector(".request .wrong :is(input, select, textarea)");Yt(n),n?.focus()}async stop(){let e=this.line?.shape==="run"?this.outcome?.log?.runId:null;if(!e)return this.calling.abort();try{await D(e,"cancel")}catch(n){n instanceof E||this.calling.abort()}}render(){let{detail:e,line:n}=this,r=a`<p class="crumbs">
      <a href="#/explore">Explore</a> / <a href=${w({page:"explore",query:"",family:V(this.name)})}>${R(V(this.name))}</a>
    </p>`;return this.trouble?a`<div class="column wide-column">${r}${x(this.trouble,()=>{this.open()})}</div>`:!e||!n?a`<div class="column wide-column">${r}<div class="skeleton" aria-label="Reading the operation"><i></i><i></i><i></i></div></div>`:a`<div class="column wide-column operation">
      ${r}
      <header class="head">
        <h1><code>${e.id}</code>${as(e)}</h1>
        <p class="lede">${S(e.summary)}</p>
      </header>
      <div class="halves">
        <div class="request">${this.request(e,n)} ${Pn(e)}</div>
        <div class="answer" tabindex="-1">${this.answer(n)} ${In(n,this.given??{},this.snippet,i=>this.snippet=i)}</div>
      </div>
    </div>`}request(e,n){let r=this.outcome?.state==="running",i=new Map((this.refusal?.errors??[]).map(l=>[this.nearest(l.field),`${l.message}${/[.!?]$/.test(l.message)?"":"."}`])),o={root:e.request_schema,id:"r",errors:i,changed:()=>this.requestUpdate()};return a`<form
      class="panel"
      @submit=${l=>{this.call(l)}}
      @invalid=${Qt}
      @keydown=${l=>{l.key==="Enter"&&(l.ctrlKey||l.metaKey)&&l.currentTarget.requestSubmit()}}
    >
      <div class="bar">
        <h2>Request</h2>
        ${this.examples(e.examples)}
        <div class="switch" role="group" aria-label="How to edit">
          <button type="button" aria-pressed=${this.json===null} @click=${()=>this.asForm()}>Form</button>
          <button type="button" aria-pressed=${this.json!==null} @click=${()=>this.json??=_(this.given??{})}>JSON</button>
        </div>
      </div>
      ${this.json!==null?this.editor():this.form(o)}
      <div class="act">
        ${r?a`<button type="button" class="stop" @click=${()=>{this.stop()}}>Stop</button>`:a`<button class="primary">${$("play")}Run</button>`}
        <kbd class="quiet">Ctrl ⏎</kbd>
        ${n.effect==="destroys"?a`<span class="note">This cannot be undone.</span>`:d}
      </div>
    </form>`}examples(e){return e.length?a`<label class="hidden" for="example">Fill in an example</label>
      <select
        id="example"
        class="small"
        @change=${n=>{this.example=n.target.value,this.fill(this.example==="empty"?{}:Fn(e[Number(this.example)]))}}
      >
        <option value="" hidden .selected=${this.example===""}>Examples</option>
        ${e.map((n,r)=>a`<option value=${r} .selected=${String(r)===this.example}>${n.title}</option>`)}
        <option value="empty" .selected=${this.example==="empty"}>Empty</option>
      </select>`:d}form(e){let n=this.root?.parts??[];if(!n.length)return a`<p class="note">It takes no arguments.</p>`;let r=n.filter(o=>o.schema.knob&&!o.required),i=n.filter(o=>!r.includes(o));return a`${O(i,e)}
      ${r.length?a`<details class="more"><summary>${r.length} ${r.length>1?"settings":"setting"} of the method</summary>${O(r,e)}</details>`:d}`}editor(){return a`<label class="hidden" for="json">The request as JSON</label>
      <textarea
        id="json" class="code" rows="12" spellcheck="false" aria-invalid=${this.given===null} .value=${this.json??""}
        @input=${e=>this.json=e.target.value}
      ></textarea>
      ${this.given===null?a`<p class="error">This is not a JSON object yet.</p>`:d}`}asForm(){let{given:e}=this;this.json===null||e===null||(this.root=pe(this.detail.request_schema,e),this.json=null)}nearest(e){let n=e.split("."),r=[],i=this.root?.parts??[];for(let o of n){let l=i.find(c=>c.name===o);l&&(r.push(o),i=l.parts.flatMap(c=>l.kind==="union"&&c.kind==="group"?c.parts:[c]))}return r.join(".")}answer(e){let{outcome:n,refusal:r}=this,i=new Set((r?.errors??[]).map(o=>this.nearest(o.field)).filter(Boolean));return a`<section class="panel result" aria-label="Result" aria-busy=${n?.state==="running"}>
      ${Dn(n,e,this.tab,o=>this.tab=o)}
      ${r?x(i.size?{...r,errors:[]}:r,()=>{this.call()}):d}
    </section>`}};function Fn(t){let s=Object.entries(t.request).filter(([,e])=>typeof e!="string"||!/^\{[\w.]+\}$/.test(e));return Object.fromEntries(s)}customElements.define("nis-operation",hs);var Ei=[{to:"#/",name:"New conversation",note:"Chat",icon:"chat"},{to:"#/explore",name:"Explore operations",note:"Explore",icon:"explore"},{to:"#/runs",name:"Runs",note:"Runs",icon:"runs"},{to:"/docs",name:"API reference",note:"OpenAPI",icon:"book"}],Ri=12,ms=class extends g{constructor(){super();this.outside=e=>{e.target===e.currentTarget&&e.currentTarget.close()};this.query="",this.lines=[],this.at=0,this.shown=!1}static{this.properties={query:{state:!0},lines:{state:!0},at:{state:!0},shown:{state:!0}}}open(){this.query="",this.at=0,this.shown=!0,B().then(e=>this.lines=e,()=>{}),this.updateComplete.then(()=>{let e=this.querySelector("dialog");e.open||e.showModal()})}get hits(){let e=this.query.trim().toLowerCase(),n=Ei.filter(o=>o.name.toLowerCase().includes(e)),i=mt(this.lines,e).map(o=>({to:P(o.name),name:o.name,note:o.summary,icon:"play"}));return[...n,...i].slice(0,Ri)}render(){if(!this.shown)return d;let{hits:e}=this;return a`<dialog class="palette" aria-label="Find anything" @close=${()=>this.shown=!1} @click=${this.outside}>
      <div class="ask">
        ${$("explore")}
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
            ${$(n.icon)}<span class="name">${n.name}</span><span class="note">${n.note}</span>
          </li>`)}
      </ul>
      ${e.length?d:a`<p class="empty">Nothing is called that.</p>`}
    </dialog>`}press(e,n){let r={ArrowDown:1,ArrowUp:-1}[e.key];r?(e.preventDefault(),this.at=(this.at+r+n.length)%Math.max(1,n.length),this.updateComplete.then(()=>this.querySelector(`#hit-${this.at}`)?.scrollIntoView({block:"nearest"}))):e.key==="Enter"&&!e.isComposing&&n[this.at]&&(e.preventDefault(),this.take(n[this.at]))}take(e){this.querySelector("dialog").close(),location.href=e.to}};customElements.define("nis-palette",ms);var Ai=["","running","queued","waiting","paused","succeeded","failed","cancelled"],fs=25,Mi=2e3,gs=class extends g{constructor(){super();this.again=()=>{this.trouble&&Y().state==="ok"&&this.load()};this.state="",this.lines=[],this.more=null,this.loading=!0,this.trouble=null}static{this.properties={state:{attribute:!1},lines:{state:!0},more:{state:!0},loading:{state:!0},trouble:{state:!0}}}connectedCallback(){super.connectedCallback(),this.timer=setInterval(()=>{this.lines.slice(0,fs).some(n=>!G.includes(n.state))&&!document.hidden&&!this.loading&&this.load(!0)},Mi),q.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.timer),q.removeEventListener("change",this.again)}willUpdate(e){e.has("state")&&(this.lines=[],this.load())}async load(e=!1){let{state:n}=this;this.loading=!e;try{let r=await this.page(null);if(n!==this.state)return;let i=new Set(r.runs.map(l=>l.id)),o=e&&this.lines.length>fs?this.lines.filter(l=>!i.has(l.id)):[];this.lines=[...r.runs,...o],o.length||(this.more=r.next_cursor),this.trouble=null}catch(r){this.trouble=F(r)}finally{this.loading=!1}}async next(){try{let e=await this.page(this.more);this.lines=[...this.lines,...e.runs],this.more=e.next_cursor}catch(e){this.trouble=F(e)}}page(e){let n={limit:String(fs),...this.state?{state:this.state}:{},...e?{cursor:e}:{}};return y(`/runs?${new URLSearchParams(n)}`)}render(){return a`<div class="column wide-column">
      <header class="head">
        <h1>Runs</h1>
        <p class="lede">Every turn and every long task is a run: a log of numbered events, kept, watched live, stopped from anywhere.</p>
      </header>
      <nav class="families" aria-label="State">
        ${Ai.map(e=>a`<a class="chip" href=${w({page:"runs",state:e})} aria-current=${e===this.state?"true":d}
            >${e||"all"}</a
          >`)}
      </nav>
      ${this.trouble?x(this.trouble,()=>{this.load()}):d}
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
              <td>${$s(e.state)}</td>
              <td><a href=${w({page:"run",id:e.id})}><code>${e.operation}</code></a></td>
              <td><time datetime=${new Date(e.created*1e3).toISOString()} title=${new Date(e.created*1e3).toLocaleString()}>${bs(e.created)}</time></td>
              <td class="n">${G.includes(e.state)?U(e.updated-e.created):"…"}</td>
              <td class="n">${e.last_seq}</td>
              <td class="id">${e.id}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>`}},$s=t=>a`<span class="state-mark ${t}"><i></i>${t}</span>`;function bs(t){let s=Date.now()/1e3-t;if(s<45)return"just now";let e=[[60,"minute"],[3600,"hour"],[86400,"day"]],[n,r]=e.findLast(([i])=>s>=i*.75)??e[0];return new Intl.RelativeTimeFormat("en",{numeric:"auto"}).format(-Math.round(s/n),r)}customElements.define("nis-runs",gs);var Pi=["queued","waiting","model","tools","own"],Ci={queued:"queued",waiting:"waiting",model:"model",tools:"tools",own:"nis"};function qi(t,s){let e={queued:0,waiting:0,model:0,tools:0,own:0},[n,r,i,o,l]=[t,!1,!1,!1,0];for(let{time:c,body:u}of s){let m=i||u.type==="started";switch(e[r?m?"waiting":o?"model":l>0?"tools":"own":"queued"]+=c-n,n=c,u.type){case"started":[r,i]=[!0,!1];break;case"released":i=!0;break;case"model_called":o=!0;break;case"model_answered":case"step_retried":o=!1;break;case"tool_called":l+=1;break;case"tool_answered":l-=1}}return e}function Vn(t,s){let e=qi(t,s),n=Pi.filter(o=>e[o]>0),r=n.reduce((o,l)=>o+e[l],0);if(!r)return d;let i=n.map((o,l)=>n.slice(0,l+1).reduce((c,u)=>c+e[u],0));return a`<figure class="spent" aria-label="Where the time went">
    <svg viewBox="0 0 ${r} 1" preserveAspectRatio="none" aria-hidden="true">
      ${n.map((o,l)=>j`<rect class=${o} x=${i[l]-e[o]} width=${e[o]} height="1" />`)}
    </svg>
    <figcaption>
      ${n.map(o=>a`<span class=${o}><i></i>${Ci[o]} ${U(e[o],2)} <span class="note">${Math.round(100*e[o]/r)} %</span></span>`)}
    </figcaption>
  </figure>`}var Li=[["Fork","runs.fork_run"],["Replay","runs.get_replay"],["Export","runs.get_export"]],Ii="the server is out of reach; the run goes on once it is back",vs=class extends g{constructor(){super();this.log=new re(null);this.reading=new AbortController;this.paint=Ae(()=>this.requestUpdate());this.again=()=>{this.trouble&&Y().state==="ok"?this.open():this.paint()};this.run=null,this.trouble=null,this.refused=null}static{this.properties={runId:{attribute:!1},run:{state:!0},trouble:{state:!0},refused:{state:!0}}}connectedCallback(){super.connectedCallback(),q.addEventListener("change",this.again)}disconnectedCallback(){super.disconnectedCallback(),q.removeEventListener("change",this.again),this.reading.abort()}willUpdate(e){e.has("runId")&&this.open()}async open(){this.reading.abort();let{signal:e}=this.reading=new AbortController;this.log=new re(this.runId),[this.run,this.trouble,this.refused]=[null,null,null];try{this.run=await y(`/runs/${encodeURIComponent(this.runId)}`,{signal:e}),await Re(this.log,{changed:this.paint,waiting:Te,signal:e}),this.run=await y(`/runs/${encodeURIComponent(this.runId)}`,{signal:e})}catch(n){if(e.aborted)return;this.trouble=F(n)}}async tell(e){let n=this.log.ended;this.refused=null;try{let r=await(await D(this.runId,e)).json();e==="retry"&&_e({page:"run",id:r.id})}catch(r){(n||!this.log.ended)&&(this.refused=k(r))}}render(){let{run:e,log:n}=this,r=n.events.length?n.state:e?.state??"queued",i=Math.max(e?.attempt??0,n.attempt),o=e?(n.ended?e.updated:n.events.at(-1)?.time??e.updated)-e.created:0;return a`<div class="column wide-column run-page">
      <p class="crumbs"><a href="#/runs">Runs</a> / <span class="id">${this.runId}</span><nis-copy .text=${this.runId} label="Copy the run's id"></nis-copy></p>
      ${this.trouble?x(this.trouble,()=>{this.open()}):d}
      ${e?a`<header class="head">
            <h1><a href=${P(e.operation,e.input)}><code>${e.operation}</code></a></h1>
            <div class="facts">
              ${$s(r)}
              <span title=${new Date(e.created*1e3).toLocaleString()}>${bs(e.created)}</span>
              <span>${U(o)}</span>
              <span>${n.seq||e.last_seq} events</span>
              ${i>1?a`<span>attempt ${i}</span>`:d}
              ${e.conversation_id?a`<a href=${w({page:"chat",id:e.conversation_id})}>its conversation</a>`:d}
              ${e.parent?a`<span>from <a class="id" href=${w({page:"run",id:e.parent})}>${e.parent}</a> after event ${e.parent_seq}</span>`:d}
              ${hn(r,l=>{this.tell(l)})}
              ${n.ended?Li.map(([l,c])=>a`<a href=${P(c,{id:e.id})}>${l}</a>`):d}
            </div>
          </header>
          ${this.refused?x(this.refused):d}
          ${n.asked?a`<nis-asked .runId=${e.id} .asked=${n.asked}></nis-asked>`:d}
          ${Vn(e.created,n.events)}
          <details class="panel"><summary>Request</summary>${Q(_(e.input))}</details>`:d}
      <section aria-label="Events" aria-live=${n.ended?"off":"polite"}>${Ke(n.events)}</section>
      ${e&&!n.ended&&!this.trouble?a`<p class="waiting"><span class="pulse"></span> <span>${Y().state!=="ok"?Ii:r==="running"?"live":r}</span></p>`:d}
    </div>`}};customElements.define("nis-run",vs);var ys="nis-theme",ws=()=>{let t=localStorage.getItem(ys);return t==="light"||t==="dark"?t:"auto"};function Bn(t){t==="auto"?localStorage.removeItem(ys):localStorage.setItem(ys,t),Oi()}function Oi(){document.documentElement.dataset.theme=ws()}var ks=[{page:"chat",also:"chat",name:"Chat",icon:"chat",to:"#/"},{page:"explore",also:"operation",name:"Explore",icon:"explore",to:"#/explore"},{page:"runs",also:"run",name:"Runs",icon:"runs",to:"#/runs"}],xs=class extends g{constructor(){super();this.dialog=de();this.drawer=de();this.draw=()=>{this.drawn=!0,this.drawer.value.showModal()};this.forget=()=>{ne.forget(),location.reload()};this.skip=e=>{e.preventDefault(),this.querySelector("#main").focus()};this.route=xe(location.hash),this.keyWanted=null,this.drawn=!1,an(e=>this.askKey(e))}static{this.properties={route:{state:!0},keyWanted:{state:!0},drawn:{state:!0}}}connectedCallback(){super.connectedCallback(),addEventListener("hashchange",()=>this.went()),q.addEventListener("change",()=>this.requestUpdate()),addEventListener("keydown",e=>this.press(e))}went(){if(this.route=xe(location.hash),Wn)return;scrollTo({top:0}),document.activeElement?.closest("main input, main textarea, dialog")||this.updateComplete.then(()=>this.querySelector("#main").focus({preventScroll:!0}))}askKey(e){return new Promise(n=>{let r=this.keyWanted;this.keyWanted={again:e||(r?.again??!1),give:i=>{r?.give(i),n(i)}}})}press(e){let n=e.target.closest?.("input, textarea, select, dialog");!(e.key==="k"&&(e.metaKey||e.ctrlKey)||e.key==="/"&&!n)||this.keyWanted||(e.preventDefault(),this.querySelector("nis-palette").open())}updated(){let e=this.dialog.value;this.keyWanted&&e&&!e.open&&e.showModal(),document.title=this.heading}get heading(){let{route:e}=this;return e.page==="operation"?`${e.name} · nis`:e.page==="chat"?"nis":`${ks.find(n=>n.page===e.page||n.also===e.page).name} · nis`}render(){return a`
      <a class="skip" href="#main" @click=${this.skip}>Skip to the content</a>
      <aside class="side">
        <div class="top">
          <button class="ghost menu" aria-label="Conversations" @click=${this.draw}>${$("menu")}</button>
          <a class="brand" href="#/" aria-label="nis, start page">${ji}<span>nis</span></a>
          ${this.status()}
        </div>
        <button class="search" @click=${()=>this.querySelector("nis-palette").open()}>
          ${$("explore")}<span>Find anything</span><kbd>${/mac/i.test(navigator.platform)?"⌘":"Ctrl"} K</kbd>
        </button>
        <nav class="pages" aria-label="Pages">${ks.map(e=>this.link(e))}</nav>
        <nis-conversations></nis-conversations>
        <div class="foot">
          <a href="/docs">${$("book")}<span>API reference</span></a>
          ${ne.get()===null?d:a`<button class="ghost" aria-label="Forget the key" title="Forget the key" @click=${this.forget}>${$("key")}</button>`}
          ${this.themes()}
        </div>
      </aside>
      <main id="main" tabindex="-1">${this.page()}</main>
      <nav class="tabs" aria-label="Pages">${ks.map(e=>this.link(e))}</nav>
      <dialog
        class="drawer" aria-label="Conversations" ${ue(this.drawer)}
        @click=${e=>(e.target===e.currentTarget||e.target.closest("a"))&&this.drawer.value.close()}
      >
        <div class="bar">
          <a href="#/" class="new">${$("plus")}New conversation</a>
          <button class="ghost" aria-label="Close" @click=${()=>this.drawer.value.close()}>${$("close")}</button>
        </div>
        ${this.drawn?a`<nis-conversations></nis-conversations>`:d}
      </dialog>
      <nis-palette></nis-palette>
      ${this.keyDialog()}
    `}link(e){let n=this.route.page===e.page||this.route.page===e.also;return a`<a href=${e.to} aria-current=${n?"page":d}>${$(e.icon)}<span>${e.name}</span></a>`}page(){let{route:e}=this;switch(e.page){case"chat":return a`<nis-chat .conversationId=${e.id}></nis-chat>`;case"explore":return a`<nis-explore .query=${e.query} .family=${e.family}></nis-explore>`;case"operation":return a`<nis-operation .name=${e.name} .input=${e.input}></nis-operation>`;case"runs":return a`<nis-runs .state=${e.state}></nis-runs>`;case"run":return a`<nis-run .runId=${e.id}></nis-run>`}}status(){let e=Y(),n={ok:"connected",lost:"no connection",waiting:`connection lost, trying again in ${e.state==="waiting"?e.seconds:0} s`}[e.state];return a`<p class="status ${e.state}" role="status"><span class="dot"></span><span class="words">${n}</span></p>`}themes(){let e=ws(),n={auto:"light",light:"dark",dark:"auto"},r={auto:"auto",light:"sun",dark:"moon"},i={auto:"as the system",light:"light",dark:"dark"};return a`<button
      class="ghost"
      title="Theme: ${i[e]}"
      aria-label="Theme: ${i[e]}. Change to ${i[n[e]]}"
      @click=${()=>{Bn(n[e]),this.requestUpdate()}}
    >
      ${$(r[e])}
    </button>`}keyDialog(){if(!this.keyWanted)return d;let{again:e,give:n}=this.keyWanted;return a`<dialog class="key" ${ue(this.dialog)} aria-labelledby="key-title" @cancel=${r=>r.preventDefault()}>
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
    </dialog>`}},ji=a`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M6 24C11 4 21 4 26 24"></path>
  <circle cx="16" cy="9" r="3"></circle>
</svg>`,Wn=!1;globalThis.navigation?.addEventListener("navigate",t=>{Wn=t.navigationType==="traverse"||t.navigationType==="replace"});customElements.define("nis-console",xs);export{xs as NisConsole};
